import { outcomeOfNetworkError, outcomeOfStatus, type RejectionReason, type SendOutcome } from '@drumbeat/core'
import type { TwilioMessage } from './twilio-channel.js'

/** What an error is about. `soft` ones may go away by themselves and come only in reports. */
export type TwilioErrorClass = RejectionReason | 'account' | 'transient' | 'soft'

/** @see https://www.twilio.com/docs/api/errors */
const classes: { readonly [errorClass in TwilioErrorClass]: readonly number[] } = {
  opted_out: [21610],
  recipient: [21211, 21614, 21635, 30005, 30006],
  content: [21602, 21617, 30007],
  account: [20003, 20404, 21212, 21408, 21606, 21608, 21703, 30002, 30032, 30034],
  transient: [20429, 21611, 30001, 30022, 30023, 30027, 30036],
  soft: [30003, 30004, 30008],
}

const classByCode: ReadonlyMap<number, TwilioErrorClass> = new Map(
  Object.entries(classes).flatMap(([errorClass, codes]) => codes.map((code) => [code, errorClass as TwilioErrorClass])),
)

/** Too many requests; the sender's queue, or the campaign's share of a carrier, is full. */
const tooFast: ReadonlySet<number> = new Set([20429, 21611, 30001, 30022])

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
  return outcomeOfStatus(status, known === null ? {} : { code: String(known) })
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
