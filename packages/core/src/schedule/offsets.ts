import { IANAZone } from 'luxon'
import { ConfigurationError } from '../errors.js'
import { dayMs } from './local-date.js'

/** A stretch of time during which a zone keeps one offset. */
export interface Stretch {
  /** Where it begins, inclusive; where the table begins if the change before it is further back. */
  readonly from: number
  /** Where it ends, exclusive; where the table ends if the next change is further ahead. */
  readonly until: number
  /** Milliseconds ahead of UTC during it. */
  readonly offset: number
  /** The offset before `from`; equal to `offset` if nothing changed there. */
  readonly before: number
}

/** The stretches of a block of time, `from` inclusive, `until` exclusive. The first and the last reach beyond it. */
interface Block {
  readonly from: number
  readonly until: number
  readonly stretches: readonly Stretch[]
}

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

/** A zone that this runtime knows, with what it has told of its offsets. */
export class Zone {
  private readonly blocks = new Map<number, Block>()
  private latest: Block

  /** `source` null = a fixed offset: one block for ever. */
  constructor(
    private readonly source: IANAZone | null,
    always: Block = nothing,
  ) {
    this.latest = always
  }

  /**
   * The stretch of constant offset around an instant. The first call for a zone and year reads the offsets from luxon and keeps
   * them as a table; after that it costs a few nanoseconds, against some 10 µs.
   */
  stretchAt(at: number): Stretch {
    const { latest } = this
    const { stretches } = at >= latest.from && at < latest.until ? latest : this.blockAt(at)
    // A year has one to five stretches: counting down is faster than halving.
    let position = stretches.length - 1
    let stretch = stretches[position] as Stretch
    while (at < stretch.from && position > 0) stretch = stretches[--position] as Stretch
    return stretch
  }

  /** What the clock on the wall reads at an instant: milliseconds since 1970-01-01T00:00 on that clock. */
  wallAt(at: number): number {
    return at + this.stretchAt(at).offset
  }

  /**
   * The instant at which the clock shows a reading. A reading that the clock skips moves forward by the length of the gap (02:30
   * becomes 03:30); of one that it shows twice the first is meant.
   * @see RFC 5545, 3.3.5, and `disambiguation: 'compatible'` of Temporal.
   */
  instantOf(wall: number): number {
    // No offset reaches a day, and no zone changes twice within two days: one of these two holds, or the reading is skipped.
    const { offset: before, until } = this.stretchAt(wall - dayMs)
    const early = wall - before
    if (wall + dayMs < until) return early
    const after = this.stretchAt(wall + dayMs).offset
    if (before === after || this.stretchAt(early).offset === before) return early
    const late = wall - after
    return this.stretchAt(late).offset === after ? late : early
  }

  private blockAt(at: number): Block {
    if (this.source === null) return this.latest
    if (!(Math.abs(at) <= maxDistanceMs)) {
      throw new ConfigurationError(
        `${at} is not an instant whose offset can be known; give whole milliseconds since 1970.`,
      )
    }
    const index = Math.floor(at / blockMs)
    this.latest = this.blocks.get(index) ?? this.read(this.source, index)
    return this.latest
  }

  private read(source: IANAZone, index: number): Block {
    const [from, until] = [index * blockMs, (index + 1) * blockMs]
    const block = { from, until, stretches: readStretches(source, from - marginMs, until + marginMs) }
    if (this.blocks.size >= maxBlocks) this.blocks.clear()
    this.blocks.set(index, block)
    return block
  }
}

const nothing: Block = { from: 0, until: 0, stretches: [] }

/**
 * A zone by its name.
 * @throws {ConfigurationError} when it is not known.
 */
export function zoneOf(name: string): Zone {
  const zone = zoneNamed(name)
  if (zone !== null) return zone
  throw new ConfigurationError(
    `Zone ${JSON.stringify(name)} is not known to this runtime. Give an IANA name such as "Europe/Berlin", "UTC", or an offset such as "+05:30".`,
  )
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
    const always = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY }
    return new Zone(null, { ...always, stretches: [{ ...always, offset, before: offset }] })
  }
  if (!IANAZone.isValidZone(name)) return null
  // Names differ in case and by alias; luxon keeps a formatter per name for ever, so it gets the canonical one.
  const canonical = new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone
  return new Zone(IANAZone.create(canonical))
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
