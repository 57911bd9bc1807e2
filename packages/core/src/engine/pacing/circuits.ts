import type { Delivery } from '../../delivery/delivery.js'
import type { Instant } from '../../schedule/instant.js'

/** The calls of one second. */
interface Tally {
  readonly second: number
  calls: number
  failures: number
}

interface Circuit {
  /** The last seconds in which there were calls, oldest first. */
  readonly tallies: Tally[]
  openUntil: Instant
  timesOpened: number
  probing: boolean
}

const windowSeconds = 30
const enoughCalls = 20
/** How long what waits for a probe waits. */
const probeMs = 1000
const firstOpenMs = 30_000
const longestOpenMs = 10 * 60 * 1000

/**
 * One circuit breaker per provider account. It opens at once when the account is refused (401, 403, quota), and when at least half
 * of at least 20 calls within 30 s failed or were unclear; then for 30 s, twice as long each time, at most 10 min. After that one
 * probe at a time may go, until one succeeds.
 */
export class Circuits {
  private readonly byAccount = new Map<string, Circuit>()

  /** Whether a call to the account may start now. Takes the probe if the circuit is half open. */
  mayStart(account: string, now: Instant): boolean {
    const circuit = this.byAccount.get(account)
    if (circuit === undefined || circuit.openUntil === 0) return true
    if (now < circuit.openUntil || circuit.probing) return false
    circuit.probing = true
    return true
  }

  /** Until when no call to the account may start; null = one may. While its probe is under way, for a moment. */
  closedUntil(account: string, now: Instant): Instant | null {
    const circuit = this.byAccount.get(account)
    if (circuit === undefined || circuit.openUntil === 0) return null
    if (now < circuit.openUntil) return circuit.openUntil
    return circuit.probing ? now + probeMs : null
  }

  /** The accounts that must not be called before the returned instants. */
  openAccounts(now: Instant): ReadonlyMap<string, Instant> {
    const open = new Map<string, Instant>()
    for (const [account, circuit] of this.byAccount) if (circuit.openUntil > now) open.set(account, circuit.openUntil)
    return open
  }

  /** Takes note of a call; returns until when the account is closed because of it, null = it is not. */
  record(account: string, result: 'ok' | 'failed' | 'blocked', now: Instant): Instant | null {
    const circuit = this.of(account)
    const wasProbe = circuit.probing
    circuit.probing = false
    count(circuit, result !== 'ok', now)
    if (result === 'ok') {
      if (wasProbe) this.close(circuit)
      return null
    }
    // Calls that were under way when it opened say nothing new.
    if (now < circuit.openUntil) return circuit.openUntil
    if (result !== 'blocked' && !wasProbe && !isFailing(circuit)) return null
    circuit.openUntil = now + Math.min(longestOpenMs, firstOpenMs * 2 ** circuit.timesOpened)
    circuit.timesOpened++
    return circuit.openUntil
  }

  /** Gives a probe back that never started. */
  notStarted(account: string): void {
    const circuit = this.byAccount.get(account)
    if (circuit !== undefined) circuit.probing = false
  }

  private close(circuit: Circuit): void {
    circuit.openUntil = 0
    circuit.timesOpened = 0
    circuit.tallies.length = 0
  }

  private of(account: string): Circuit {
    const known = this.byAccount.get(account) ?? { tallies: [], openUntil: 0, timesOpened: 0, probing: false }
    this.byAccount.set(account, known)
    return known
  }
}

function count({ tallies }: Circuit, failed: boolean, now: Instant): void {
  const second = Math.floor(now / 1000)
  while (tallies[0] !== undefined && tallies[0].second < second - windowSeconds) tallies.shift()
  let tally = tallies.at(-1)
  if (tally === undefined || tally.second < second) {
    tally = { second, calls: 0, failures: 0 }
    tallies.push(tally)
  }
  tally.calls++
  if (failed) tally.failures++
}

function isFailing({ tallies }: Circuit): boolean {
  const calls = tallies.reduce((sum, tally) => sum + tally.calls, 0)
  const failures = tallies.reduce((sum, tally) => sum + tally.failures, 0)
  return calls >= enoughCalls && failures * 2 >= calls
}

/** Which circuit a call belongs to: messages share their provider account's, webhooks and actions never that of another tenant. */
export function circuitOf({ workspaceId, kind, account }: Pick<Delivery, 'workspaceId' | 'kind' | 'account'>): string {
  return kind === 'message' ? account : `${workspaceId} ${account}`
}
