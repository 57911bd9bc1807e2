import type { Delivery } from '../../delivery/delivery.js'
import type { LimitKey, Rate } from '../../ports/limiter.js'
import type { Instant } from '../../schedule/instant.js'
import type { EngineContext } from '../context.js'
import type { AheadLimiter } from './ahead-limiter.js'

/** A message that is to start, or a call, which no rate limits. */
interface Starting {
  readonly ready: { readonly delivery: Pick<Delivery, 'channel' | 'segments'> } | null
}

/** What its provider's rate lets start now, and when the rest may. */
export interface Rated<Wish> {
  readonly now: readonly Wish[]
  readonly later: readonly { readonly wish: Wish; readonly until: Instant }[]
}

/** A rate that messages of a channel are under, and who keeps it. */
export interface Limit {
  readonly limiter: AheadLimiter
  readonly key: LimitKey
  readonly rate: Rate
  readonly unitsOf: (starting: Starting) => number
}

/**
 * Reserves what may start now under the rates of the channels' accounts: SMS count in segments. What comes later is spread over the time
 * that the rate needs for it, so that it does not come back at once and all together.
 */
export async function withinRates<Wish extends Starting>(
  context: EngineContext,
  wishes: readonly Wish[],
): Promise<Rated<Wish>> {
  const now: Wish[] = []
  const later: { wish: Wish; until: Instant }[] = []
  for (const [channel, mine] of byChannel(wishes)) {
    const at = context.clock.now()
    const pausedUntil = context.throttles.pausedUntil(context.channels.get(channel ?? '')?.account ?? '', at)
    if (pausedUntil !== null) {
      later.push(...mine.map((wish) => ({ wish, until: pausedUntil })))
      continue
    }
    let open = mine
    const passed: Limit[] = []
    for (const limit of limitsOf(context, channel)) {
      const rated = await withinLimit(limit, open, at)
      open = rated.now
      later.push(...rated.later)
      for (const earlier of passed)
        await giveBackTo(
          earlier,
          rated.later.map(({ wish }) => wish),
          at,
        )
      passed.push(limit)
    }
    now.push(...open)
  }
  return { now, later }
}

async function withinLimit<Wish extends Starting>(
  { limiter, key, rate, unitsOf }: Limit,
  wishes: readonly Wish[],
  at: Instant,
): Promise<Rated<Wish>> {
  if (wishes.length === 0) return { now: [], later: [] }
  const now: Wish[] = []
  const later: { wish: Wish; until: Instant }[] = []
  const units = wishes.reduce((sum, wish) => sum + unitsOf(wish), 0)
  const { granted, retryAfterMs } = await limiter.reserve({ key, rate, units, now: at })
  let wanted = 0
  let used = 0
  for (const wish of wishes) {
    wanted += unitsOf(wish)
    if (wanted <= granted) {
      now.push(wish)
      used = wanted
    } else later.push({ wish, until: at + Math.max(1, Math.ceil(retryAfterMs + msOf(rate, wanted - granted))) })
  }
  if (used < granted) await limiter.giveBack({ key, rate, units: granted - used, now: at })
  return { now, later }
}

/** Gives back what was reserved for messages that did not start. */
export async function giveBack(context: EngineContext, notStarted: readonly Starting[]): Promise<void> {
  for (const [channel, mine] of byChannel(notStarted))
    for (const limit of limitsOf(context, channel)) await giveBackTo(limit, mine, context.clock.now())
}

async function giveBackTo({ limiter, key, rate, unitsOf }: Limit, mine: readonly Starting[], now: Instant) {
  const units = mine.reduce((sum, wish) => sum + unitsOf(wish), 0)
  if (units > 0) await limiter.giveBack({ key, rate, units, now })
}

/** The rates of a channel's account: the one it was given, and the one it was found to take. */
export function limitsOf({ channels, limiter, throttles }: EngineContext, name: string | null): readonly Limit[] {
  const channel = name === null ? undefined : channels.get(name)
  if (channel === undefined) return []
  const key = { account: channel.account, sender: '' }
  const found = throttles.rate(channel.account)
  return [
    ...(channel.rate === undefined ? [] : [{ limiter, key, rate: channel.rate, unitsOf: segmentsOf }]),
    ...(found === null ? [] : [{ limiter: throttles.limiter, key, rate: found, unitsOf: () => 1 }]),
  ]
}

function byChannel<Wish extends Starting>(wishes: readonly Wish[]): ReadonlyMap<string | null, readonly Wish[]> {
  const groups = new Map<string | null, Wish[]>()
  for (const wish of wishes) {
    const channel = channelOf(wish)
    const group = groups.get(channel)
    if (group === undefined) groups.set(channel, [wish])
    else group.push(wish)
  }
  return groups
}

const channelOf = ({ ready }: Starting): string | null => ready?.delivery.channel ?? null
const segmentsOf = ({ ready }: Starting): number => ready?.delivery.segments ?? 1
const msOf = ({ units, perMs }: Rate, wanted: number): number => (wanted * perMs) / units
