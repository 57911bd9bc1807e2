import type { LimitKey, Rate } from '../ports/limiter.js'
import type { Instant } from '../schedule/instant.js'
import type { EngineContext } from './context.js'
import type { ReadyMessage } from './render-message.js'

/** A message that is to start, or a call, which no rate limits. */
interface Starting {
  readonly ready: ReadyMessage | null
}

/** What its provider's rate lets start now, and when the rest may. */
export interface Rated<Wish> {
  readonly now: readonly Wish[]
  readonly later: readonly { readonly wish: Wish; readonly until: Instant }[]
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
    const limit = limitOf(context, channel)
    if (limit === null) {
      now.push(...mine)
      continue
    }
    const at = context.clock.now()
    const units = mine.reduce((sum, wish) => sum + unitsOf(wish), 0)
    const { granted, retryAfterMs } = await context.limiter.reserve({ ...limit, units, now: at })
    let used = 0
    for (const wish of mine) {
      used += unitsOf(wish)
      if (used <= granted) now.push(wish)
      else later.push({ wish, until: at + Math.max(1, Math.ceil(retryAfterMs + msOf(limit.rate, used - granted))) })
    }
    const unused =
      granted - now.filter((wish) => channelOf(wish) === channel).reduce((sum, wish) => sum + unitsOf(wish), 0)
    if (unused > 0) await context.limiter.giveBack({ ...limit, units: unused, now: at })
  }
  return { now, later }
}

/** Gives back what was reserved for messages that did not start. */
export async function giveBack(context: EngineContext, notStarted: readonly Starting[]): Promise<void> {
  for (const [channel, mine] of byChannel(notStarted)) {
    const limit = limitOf(context, channel)
    const units = mine.reduce((sum, wish) => sum + unitsOf(wish), 0)
    if (limit !== null) await context.limiter.giveBack({ ...limit, units, now: context.clock.now() })
  }
}

function limitOf(
  { channels }: EngineContext,
  name: string | null,
): { readonly key: LimitKey; readonly rate: Rate } | null {
  const channel = name === null ? undefined : channels.get(name)
  return channel?.rate === undefined ? null : { key: { account: channel.account, sender: '' }, rate: channel.rate }
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
const unitsOf = ({ ready }: Starting): number => ready?.delivery.segments ?? 1
const msOf = ({ units, perMs }: Rate, wanted: number): number => (wanted * perMs) / units
