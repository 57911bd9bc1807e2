import { ConfigurationError } from '../errors.js'
import { remembered } from './remembered.js'

/** The milliseconds of a minute. */
export const minuteMs = 60_000

/**
 * Part of a local day, in milliseconds since midnight: `from` inclusive, `to` exclusive. With `to` below `from` it wraps
 * around midnight. They are never equal.
 */
export interface Hours {
  readonly from: number
  readonly to: number
}

/**
 * Reads a time of day, `00:00`–`23:59`, as milliseconds since midnight. `what` names it in the error message.
 * @throws {ConfigurationError} when the text is none.
 */
export function parseTimeOfDay(text: string, what: string): number {
  const time = readTimeOfDay(text)
  if (time !== null) return time
  throw new ConfigurationError(
    `${what} is not a time of day: ${JSON.stringify(text)}. Give two digits each, from "00:00" to "23:59".`,
  )
}

const readTimeOfDay = remembered((text): number | null => {
  const match = typeof text === 'string' ? /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) : null
  return match === null ? null : (Number(match[1]) * 60 + Number(match[2])) * minuteMs
})

/**
 * Reads hours of a day: `09:00-17:00`; `21:00-08:00` wraps around midnight; `00:00-24:00` is the whole day.
 * @throws {ConfigurationError} naming `what`, when the text is none, or begins and ends at one time.
 */
export function parseHours(text: string, what: string): Hours {
  const match = typeof text === 'string' ? /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(text) : null
  if (match === null) {
    throw new ConfigurationError(
      `${what} are not hours: ${JSON.stringify(text)}. Write them like "09:00-17:00" or "21:00-08:00".`,
    )
  }
  const [, begin = '', end = ''] = match
  const from = parseTimeOfDay(begin, `The begin of ${what}`)
  const to = end === '24:00' || end === '00:00' ? 1440 * minuteMs : parseTimeOfDay(end, `The end of ${what}`)
  if (begin === end) {
    throw new ConfigurationError(`${what} begin and end at ${begin}. Write "00:00-24:00" for the whole day.`)
  }
  return { from, to }
}
