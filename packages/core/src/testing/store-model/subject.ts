import type { Delivery, DeliveryState } from '../../delivery/delivery.js'
import type { Store, Transaction } from '../../ports/store.js'
import type { Owner } from '../../ports/store-recipients.js'
import { isLive, type Recipient } from '../../recipient/recipient.js'
import type { Instant } from '../../schedule/instant.js'
import { testStart } from '../builders.js'

/** What commands choose from: few of each, so that they meet. */
export const world = {
  workspaces: ['acme', 'globex'],
  campaigns: ['first', 'second'],
  contacts: ['ana', 'ben', 'cyd'],
  engines: ['left', 'right'],
  channels: ['email', 'sms'],
  events: ['visited', 'ordered'],
} as const

/** The address of a contact; two of them share one. */
export const addressOf = (contactId: string): string =>
  contactId === 'cyd' ? 'ANA@example.com' : `${contactId}@example.com`

/** Engine leases and skew of the model. */
export const timing = { leaseMs: 60_000, skewMs: 5_000, lookLeaseMs: 30_000, parkMs: 10 * 60_000, permitMs: 3_000 }

/** A run as it was when it was claimed, and by whom. */
export interface Claim {
  readonly run: Recipient
  readonly owner: Owner
}

/** One of the two stores, with the names that its ids have for both. */
export class Subject {
  now: Instant = testStart
  /** The host transaction that writes go through at the moment. */
  tx: Transaction | undefined
  private readonly runs: Recipient[] = []
  private readonly deliveries: { readonly id: number; readonly workspaceId: string }[] = []
  private readonly claims = new Map<number, Claim>()
  private readonly epochs = new Map<string, number>()
  /** Campaigns that exist, as `workspace/campaign`. */
  readonly campaigns = new Set<string>()
  private lastNumber = 0

  constructor(readonly store: Store) {}

  /** Remembers runs in an order that does not depend on the store's. */
  learn(runs: readonly Recipient[]): void {
    const nameOf = ({ workspaceId, campaignId, contactId, runKey, entryNo }: Recipient) =>
      [workspaceId, campaignId, contactId, runKey, entryNo].join('/')
    this.runs.push(...[...runs].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)))
  }

  /** Takes note of how runs looked to whoever claimed them. */
  saw(runs: readonly Recipient[], owner: Owner): void {
    for (const run of runs) {
      this.claims.set(run.id, { run, owner })
      const index = this.runs.findIndex(({ id }) => id === run.id)
      if (index >= 0) this.runs[index] = run
    }
  }

  /** The nth run as it was last seen; undefined = there is none yet. */
  seen(n: number): Recipient | undefined {
    return nth(this.runs, n)
  }

  /** The nth claim, of those that still hold unless a stale one will do; undefined = there is none. */
  async claim(n: number, stale: boolean): Promise<Claim | undefined> {
    const claims = this.runs.flatMap(({ id }) => this.claims.get(id) ?? [])
    if (stale) return nth(claims, n)
    const now = new Map((await this.live()).map((run) => [run.id, run.fence]))
    return nth(
      claims.filter(({ run }) => now.get(run.id) === run.fence),
      n,
    )
  }

  /** The nth of the live runs, as it is now; undefined = there is none. */
  async fresh(n: number): Promise<Recipient | undefined> {
    return nth(this.inOrder(await this.live(), this.runs), n)
  }

  private async live(): Promise<readonly Recipient[]> {
    const runs: Recipient[] = []
    for (const workspaceId of world.workspaces) {
      const recipientIds = this.runs.filter((run) => run.workspaceId === workspaceId).map(({ id }) => id)
      runs.push(...(await this.store.recipients.get({ workspaceId, recipientIds })))
    }
    return runs.filter(isLive)
  }

  /** Forgets the runs that it came to know in `work`, which was rolled back: their ids may be given again. */
  async unlearn(work: () => Promise<unknown>): Promise<unknown> {
    const known = this.runs.length
    const answer = await work()
    this.runs.length = known
    return answer
  }

  knows({ id }: Pick<Recipient, 'id'>): boolean {
    return this.runs.some((run) => run.id === id)
  }

  /** The id of the nth delivery, written or only reserved; null = there is none. */
  deliveryIdAt(n: number): number | null {
    return nth(this.deliveries, n)?.id ?? null
  }

  /** The nth delivery, of those in a state if one is given, as it is now; undefined = there is none. */
  async delivery(n: number, state?: DeliveryState): Promise<Delivery | undefined> {
    const found: Delivery[] = []
    for (const workspaceId of world.workspaces) {
      const deliveryIds = this.deliveries.filter((one) => one.workspaceId === workspaceId).map(({ id }) => id)
      found.push(...(await this.store.deliveries.get({ workspaceId, deliveryIds })))
    }
    const wanted = found.filter((one) => state === undefined || one.state === state)
    return nth(this.inOrder(wanted, this.deliveries), n)
  }

  async newDeliveryId(workspaceId: string): Promise<number> {
    const [id = 0] = await this.store.deliveries.reserveIds(1)
    this.deliveries.push({ id, workspaceId })
    return id
  }

  /** A number that this model has not used. */
  next(): number {
    this.lastNumber++
    return this.lastNumber
  }

  owner(engineId: string): Owner {
    return { engineId, epoch: this.epochs.get(engineId) ?? 0 }
  }

  began(engineId: string, epoch: number): void {
    this.epochs.set(engineId, epoch)
  }

  /** Rows in the order in which the model came to know them. */
  private inOrder<Row extends { readonly id: number }>(
    rows: readonly Row[],
    known: readonly { readonly id: number }[],
  ): readonly Row[] {
    const byKnown = new Map(rows.map((row) => [row.id, row]))
    return known.flatMap(({ id }) => byKnown.get(id) ?? [])
  }

  /** A result with names for ids, without what each store counts for itself. */
  named(value: unknown): unknown {
    if (value instanceof Map) return [...value].map((entry) => this.named(entry))
    if (Array.isArray(value)) return value.map((item) => this.named(item))
    if (typeof value !== 'object' || value === null) return value
    const members = Object.entries(value).flatMap(([name, member]) =>
      uncompared.has(name) || member === undefined ? [] : [[name, this.namedMember(name, member, value)] as const],
    )
    return Object.fromEntries(members)
  }

  private namedMember(name: string, member: unknown, of: object): unknown {
    if (typeof member !== 'number') return this.named(member)
    if (name === 'recipientId' || (name === 'id' && 'entryNo' in of)) return nameIn('run', this.runs, member)
    if (name === 'deliveryId' || (name === 'id' && 'plannedAt' in of))
      return nameIn('delivery', this.deliveries, member)
    return member
  }
}

/** Numbers that rise in each store in its own way, instants of the store's own clock, and those of calls that name none. */
const uncompared = new Set(['fence', 'seq', 'epoch', 'permitUntil', 'storeNow', 'permitted', 'updatedAt', 'receivedAt'])

/** The nth from the end, and round again: what is new is met first. */
function nth<Item>(items: readonly Item[], n: number): Item | undefined {
  return items.at(-1 - (n % Math.max(1, items.length)))
}

function nameIn(kind: string, known: readonly { readonly id: number }[], id: number): string {
  const index = known.findIndex((one) => one.id === id)
  return index < 0 ? `unknown ${kind}` : `${kind} ${index}`
}
