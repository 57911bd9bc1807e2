import { ConfigurationError } from '../errors.js'
import { readIsoText } from './iso-text.js'
import { civilOf, dayMs } from './local-date.js'
import { offsetAt } from './zone.js'

/** A point in time: milliseconds since 1970-01-01T00:00:00Z. Always an integer; survives JSON. */
export type Instant = number

/** What a host may pass where an instant is meant: a `Date`, milliseconds, or an ISO-8601 text with an offset or `Z`. */
export type InstantInput = Date | Instant | string

/** The first instant that is accepted: 0001-01-01T00:00:00Z. */
export const minInstant: Instant = -62_135_596_800_000
/** The last instant that is accepted: 9999-12-31T23:59:59.999Z. */
export const maxInstant: Instant = 253_402_300_799_999

/** True for whole milliseconds between {@link minInstant} and {@link maxInstant}. */
export function isInstant(value: unknown): value is Instant {
  return Number.isSafeInteger(value) && (value as number) >= minInstant && (value as number) <= maxInstant
}

/**
 * Reads an instant from what a host passed. Text is ISO-8601 and must say its offset: `2026-03-06T16:20-05:00`; digits of a
 * second beyond the third are cut off. `what` names the input in the error message.
 * @throws {ConfigurationError} when it is not an instant of the years 0001–9999, or a text without an offset.
 */
export function toInstant(input: InstantInput, what: string): Instant {
  const at = input instanceof Date ? input.getTime() : typeof input === 'string' ? instantOfText(input) : input
  if (isInstant(at)) return at
  const shown = typeof input === 'string' ? JSON.stringify(input) : String(input)
  throw new ConfigurationError(
    `${what} is not an instant: ${shown}. Give a Date, whole milliseconds since 1970, or ISO-8601 text with an offset such as ` +
      `"2026-03-06T16:20-05:00" or "2026-03-06T21:20Z", within the years 0001–9999.`,
  )
}

/** Writes an instant as ISO-8601 in UTC: `2026-03-06T21:20:00Z`, with three decimals only when there are milliseconds. */
export function formatInstant(at: Instant): string {
  return new Date(at).toISOString().replace('.000Z', 'Z')
}

/**
 * Writes an instant as the clock of a zone shows it, with the offset: `2026-03-06T16:20-05:00`. Seconds and milliseconds
 * appear only when they are not zero. {@link toInstant} reads it back.
 * @throws {ConfigurationError} when the zone is not known.
 */
export function formatInZone(at: Instant, zone: string): string {
  const offset = offsetAt(zone, at)
  const [date, time = ''] = new Date(at + offset).toISOString().slice(0, -1).split('T')
  return `${date}T${time.replace(/(:00)?\.000$/, '')}${offsetText(offset)}`
}

function instantOfText(text: string): Instant | null {
  const read = readIsoText(text)
  return read?.time != null && read.offset !== null ? read.day * dayMs + read.time - read.offset : null
}

/** `-05:00`; with seconds (`-00:44:30`, Monrovia until 1972) only where a zone had them. */
function offsetText(offset: number): string {
  const { hour, minute, second } = civilOf(Math.abs(offset))
  const parts = second === 0 ? [hour, minute] : [hour, minute, second]
  return (offset < 0 ? '-' : '+') + parts.map((part) => String(part).padStart(2, '0')).join(':')
}
