import { burstOf } from '../../in-process/token-bucket.js'
import type { Owner } from '../../ports/store-recipients.js'
import type { Recipient } from '../../recipient/recipient.js'
import type { Instant } from '../../schedule/instant.js'
import type { EngineContext } from '../context.js'
import { type Limit, limitsOf } from './rate.js'

/** A channel whose next messages are limited, and how many may start. */
interface Room {
  readonly channel: string
  readonly most: number
}

/**
 * T0. Claims due runs: those of channels that are limited only as far as their messages can start now, so that no run is claimed in vain and
 * the backlog of one account leaves the others alone. Units are reserved for them ahead, and have to be given back with
 * {@link giveBackAhead} in the end.
 */
export async function claimWithinRates(
  context: EngineContext,
  owner: Owner,
  now: Instant,
): Promise<readonly Recipient[]> {
  const { store, settings } = context
  const { closed, limited } = await roomOf(context, now)
  const claim = (limit: number, leaveOut: readonly string[]) =>
    store.recipients.claimDue({
      owner,
      now,
      limit,
      skewMs: settings.skewMs,
      blocked: leaveOut.map((channel) => ({ workspaceId: null, channel })),
    })
  const free = await claim(settings.batchSize, [...closed, ...limited.map(({ channel }) => channel)])
  const claimed = [...free]
  for (const { channel, most } of limited) {
    const others = ['', ...context.channels.keys()].filter((name) => name !== channel)
    claimed.push(...(await claim(most, others)))
  }
  return claimed
}

/** Gives back what was reserved for runs that turned out to start nothing. */
export async function giveBackAhead({ limiter, throttles, clock }: EngineContext): Promise<void> {
  await limiter.giveBackAhead(clock.now())
  await throttles.limiter.giveBackAhead(clock.now())
}

/** When a channel that is limited may go on; null = none has to wait for that. */
export function nextOpening({ limiter, throttles }: EngineContext, now: Instant): Instant | null {
  const openings = [limiter.nextOpening(now), throttles.nextOpening(now)].filter((at) => at !== null)
  return openings.length === 0 ? null : Math.min(...openings)
}

async function roomOf(context: EngineContext, now: Instant) {
  const { channels, circuits, throttles, settings } = context
  const open = circuits.openAccounts(now)
  const closed: string[] = []
  const limited: Room[] = []
  for (const { name, account } of channels.values()) {
    const limits = limitsOf(context, name)
    if (open.has(account) || throttles.pausedUntil(account, now) !== null) closed.push(name)
    else if (limits.length > 0 || throttles.atOnce(account) < settings.maxInFlight) {
      const most = await reserveAhead(limits, Math.min(settings.batchSize, throttles.atOnce(account)), now)
      if (most === 0) closed.push(name)
      else limited.push({ channel: name, most })
    }
  }
  return { closed, limited }
}

/** Nothing is reserved below a part of what may start at once, so that what is left is claimed in batches. */
const partOfBurst = 4

async function reserveAhead(limits: readonly Limit[], wanted: number, now: Instant): Promise<number> {
  let most = wanted
  for (const { limiter, key, rate } of limits) {
    const burst = Math.max(1, Math.floor(burstOf(rate)))
    const units = Math.min(most, burst)
    const atLeast = Math.min(units, Math.ceil(burst / partOfBurst))
    most = (await limiter.reserveAhead({ key, rate, units, atLeast, now })).granted
    if (most === 0) break
  }
  return most
}
