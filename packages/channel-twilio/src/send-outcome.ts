import { outcomeOfNetworkError, outcomeOfStatus, type RejectionReason, type SendOutcome } from '@drumbeat/core'
import type { TwilioMessage } from './twilio-channel.js'

/** What an error is about. `soft` ones may go away by themselves and come only in reports. */
export type TwilioErrorClass = RejectionReason | 'account' | 'transient' | 'soft'

/**
 * The codes of text messages, and those (63xxx) of the richer senders that a Messaging Service may hold. Whatever is not here is neither the
 * address's fault nor the account's as far as Twilio says, and only this message is given up.
 * @see https://www.twilio.com/docs/api/errors
 */
const classes: { readonly [errorClass in TwilioErrorClass]: readonly number[] } = {
  opted_out: [21610, 63014],
  recipient: [21211, 21265, 21268, 21614, 21635, 30005, 30006, 63003, 63024],
  content: [
    21602, 21605, 21617, 21618, 21619, 21620, 21621, 21622, 21623, 21652, 21654, 21655, 21656, 21658, 30007, 30011,
    30019, 30110, 63005, 63006, 63013, 63016, 63019, 63021, 63026, 63027, 63028, 63030, 63034, 63040, 63041, 63042,
  ],
  account: [
    10001, 10002, 20003, 20005, 20006, 20008, 20010, 20403, 20404, 21212, 21267, 21408, 21601, 21603, 21606, 21607,
    21608, 21609, 21616, 21624, 21657, 21659, 21660, 21661, 21701, 21702, 21703, 21704, 21705, 21709, 30002, 30018,
    30024, 30032, 30033, 30034, 30035, 63001, 63002, 63007, 63008, 63015, 63020, 63022, 63035, 63051,
  ],
  transient: [
    14107, 20429, 21611, 30001, 30020, 30021, 30022, 30023, 30027, 30036, 63009, 63010, 63012, 63017, 63018, 63038,
  ],
  soft: [30003, 30004, 30008, 30017, 30410, 63036],
}

const classByCode: ReadonlyMap<number, TwilioErrorClass> = new Map(
  Object.entries(classes).flatMap(([errorClass, codes]) => codes.map((code) => [code, errorClass as TwilioErrorClass])),
)

/** Too many requests; the sender's queue, or the campaign's share of a carrier, is full. */
const tooFast: ReadonlySet<number> = new Set([20429, 21611, 30001, 30022, 63017, 63018])

/** What a Twilio error code is about; null = it is not classified. */
export function classOf(code: number): TwilioErrorClass | null {
  return classByCode.get(code) ?? null
}

/** What Twilio's answer says. It may take a message and refuse it in one breath. */
export function outcomeOfAnswer({ sid, status, errorCode }: TwilioMessage): SendOutcome {
  if (typeof sid !== 'string' || sid === '') return { outcome: 'unknown', code: 'unreadable_answer' }
  if (status === 'failed' && typeof errorCode === 'number') {
    return outcomeOfCode(errorCode) ?? { outcome: 'rejected', code: String(errorCode) }
  }
  return { outcome: 'accepted', providerId: sid }
}

/** What the client throws: Twilio's refusals carry a status and a code, everything else comes from the network. */
export function outcomeOfError(error: unknown): SendOutcome {
  const { status, code } = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly status?: unknown
    readonly code?: unknown
  }
  if (typeof status !== 'number' || status < 300) return outcomeOfNetworkError(error)
  const known = typeof code === 'number' && code > 0 ? code : null
  if (status < 500 && known !== null) {
    const outcome = outcomeOfCode(known)
    if (outcome !== null) return outcome
  }
  const said = known === null ? `http_${status}` : String(known)
  // The account or the way to it: there is nothing of a message in the path that could be missing.
  if (status === 404 || status === 405) return { outcome: 'blocked', code: said }
  return outcomeOfStatus(status, { code: said })
}

function outcomeOfCode(number: number): SendOutcome | null {
  const code = String(number)
  const errorClass = classOf(number)
  switch (errorClass) {
    case null:
      return null
    case 'account':
      return { outcome: 'blocked', code }
    case 'transient':
      if (tooFast.has(number)) return { outcome: 'not_accepted', code, retryAfterMs: null, reason: 'too_fast' }
      return { outcome: 'not_accepted', code, retryAfterMs: null }
    case 'soft':
      return { outcome: 'not_accepted', code, retryAfterMs: null }
    default:
      return { outcome: 'rejected', code, reason: errorClass }
  }
}
