import { IANAZone } from 'luxon'
import { ConfigurationError } from '../errors.js'
import { dayMs } from './local-date.js'

/** A stretch of time during which a zone keeps one offset. */
interface Stretch {
  /** Where it begins, inclusive; where the table begins if the change before it is further back. */
  readonly from: number
  /** Where it ends, exclusive; where the table ends if the next change is further ahead. */
  readonly until: number
  /** Milliseconds ahead of UTC during it. */
  readonly offset: number
  /** The offset before `from`; equal to `offset` if nothing changed there. */
  readonly before: number
}

/** What is known of a zone: one stretch for ever, or tables by block of time. */
type Zone =
  | { readonly always: Stretch }
  | { readonly source: IANAZone; readonly blocks: Map<number, readonly Stretch[]> }

/** The time that one table covers. */
const blockMs = 366 * dayMs
/** How far a table reaches beyond its block, so that a change just before the block is known within it. */
const marginMs = 3 * dayMs
/**
 * How far apart the offset is looked up. Two changes that cancel each other within it would be missed: the closest two of
 * any zone since 1940 are 6.96 days apart (Recife, October 2000; Gaza, October 2040), says tzdata 2025b.
 */
const probeMs = 6 * dayMs

/** How far from 1970 offsets are told: some 270,000 years, a little less than a Date can hold. */
const maxDistanceMs = 8.5e15

/** Names that were asked for, unknown ones included (null). Bounded, because names come from contacts. */
const zones = new Map<string, Zone | null>()
const maxZones = 2000
const maxBlocks = 400

/** True for an IANA name that this runtime knows (`Europe/Berlin`, `UTC`) and for a fixed offset (`+05:30`). */
export function isZone(name: unknown): name is string {
  return typeof name === 'string' && zoneNamed(name) !== null
}

/**
 * The stretch of constant offset around an instant. The first call for a zone and year reads the offsets from luxon and keeps
 * them as a table; after that it costs some 30 ns, against some 10 µs.
 * @throws {ConfigurationError} when the zone is not known.
 */
export function stretchAt(name: string, at: number): Stretch {
  const zone = zoneNamed(name)
  if (zone === null) {
    throw new ConfigurationError(
      `Zone ${JSON.stringify(name)} is not known to this runtime. Give an IANA name such as "Europe/Berlin", "UTC", or an offset such as "+05:30".`,
    )
  }
  if ('always' in zone) return zone.always
  if (!(Math.abs(at) <= maxDistanceMs)) {
    throw new ConfigurationError(
      `${at} is not an instant whose offset can be known; give whole milliseconds since 1970.`,
    )
  }
  const index = Math.floor(at / blockMs)
  let block = zone.blocks.get(index)
  if (block === undefined) {
    if (zone.blocks.size >= maxBlocks) zone.blocks.clear()
    block = readStretches(zone.source, index * blockMs - marginMs, (index + 1) * blockMs + marginMs)
    zone.blocks.set(index, block)
  }
  // A year has one to five stretches: counting down is faster than halving.
  let position = block.length - 1
  let stretch = block[position] as Stretch
  while (at < stretch.from && position > 0) stretch = block[--position] as Stretch
  return stretch
}

function zoneNamed(name: string): Zone | null {
  const known = zones.get(name)
  if (known !== undefined) return known
  if (typeof name !== 'string' || name.length > 64) return null
  if (zones.size >= maxZones) zones.clear()
  const zone = readZone(name)
  zones.set(name, zone)
  return zone
}

function readZone(name: string): Zone | null {
  const fixed = /^([+-])([01]\d|2[0-3]):([0-5]\d)$/.exec(name)
  if (fixed !== null) {
    const offset = (fixed[1] === '-' ? -60_000 : 60_000) * (Number(fixed[2]) * 60 + Number(fixed[3])) + 0
    return { always: { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY, offset, before: offset } }
  }
  if (!IANAZone.isValidZone(name)) return null
  // Names differ in case and by alias; luxon keeps a formatter per name for ever, so it gets the canonical one.
  const canonical = new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone
  return { source: IANAZone.create(canonical), blocks: new Map() }
}

function readStretches(zone: IANAZone, first: number, last: number): readonly Stretch[] {
  const offsetOf = (at: number): number => Math.round(zone.offset(at) * 60_000)
  const stretches: Stretch[] = []
  let from = first
  let offset = offsetOf(first)
  let before = offset
  let probe = first
  while (probe < last) {
    const next = Math.min(probe + probeMs, last)
    if (offsetOf(next) === offset) {
      probe = next
      continue
    }
    const change = firstChange(offsetOf, probe, next)
    stretches.push({ from, until: change, offset, before })
    before = offset
    offset = offsetOf(change)
    from = change
    probe = change
  }
  stretches.push({ from, until: last, offset, before })
  return stretches
}

/** The first second after `low`, and at most `high`, with another offset than `low`. Offsets change on whole seconds. */
function firstChange(offsetOf: (at: number) => number, low: number, high: number): number {
  const offset = offsetOf(low)
  let [same, other] = [low / 1000, high / 1000]
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2)
    if (offsetOf(middle * 1000) === offset) same = middle
    else other = middle
  }
  return other * 1000
}
