import { bodyText, type FactKind, type Keyword, type ParsedReport, type RawReport } from '@drumbeat/core'
import { classOf } from './send-outcome.js'

/** The query parameter of a status callback that holds the delivery reference. */
export const referenceParameter = 'd'

/**
 * Reads a status callback or a message, from a form or, where a number is set to GET, from the query. Status callbacks say no time of
 * their own: the facts carry the time at which they came in.
 */
export function parseReport(report: RawReport): readonly ParsedReport[] {
  const fields = report.method.toUpperCase() === 'GET' ? queryOf(report) : new URLSearchParams(bodyText(report))
  const sid = fields.get('MessageSid') ?? fields.get('SmsSid') ?? ''
  const status = fields.get('MessageStatus') ?? fields.get('SmsStatus') ?? ''
  if (!/^[A-Z]{2}[0-9a-f]{32}$/i.test(sid)) return []
  return status === 'received' ? inbound(sid, fields, report) : facts(sid, status, fields, report)
}

function queryOf({ url }: RawReport): URLSearchParams {
  return new URLSearchParams(url.split('?').slice(1).join('?').replace(/#.*$/s, ''))
}

const factOfStatus: ReadonlyMap<string, FactKind> = new Map([
  ['queued', 'accepted'],
  ['accepted', 'accepted'],
  ['scheduled', 'accepted'],
  ['sending', 'accepted'],
  ['sent', 'sent'],
  ['partially_delivered', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'opened'],
  ['canceled', 'failed'],
])

function facts(sid: string, status: string, fields: URLSearchParams, report: RawReport): readonly ParsedReport[] {
  const kinds =
    status === 'undelivered' || status === 'failed' ? failureKinds(fields.get('ErrorCode')) : factsOf(status)
  if (kinds.length === 0) return []
  const reference = queryOf(report).get(referenceParameter)
  return [
    {
      kind: 'facts',
      dedupeKey: `${sid}/${status}`,
      delivery: reference === null || reference === '' ? { providerId: sid } : { deliveryRef: reference },
      facts: kinds.map((kind) => ({ kind, at: report.receivedAt })),
    },
  ]
}

function factsOf(status: string): readonly FactKind[] {
  const kind = factOfStatus.get(status)
  return kind === undefined ? [] : [kind]
}

/** Only what says that the number itself cannot be reached is a hard bounce: that one closes the address. */
function failureKinds(errorCode: string | null): readonly FactKind[] {
  switch (classOf(Number(errorCode))) {
    case 'recipient':
      return ['hard_bounced']
    case 'opted_out':
      return ['failed', 'unsubscribed']
    case 'soft':
      return ['soft_bounced']
    default:
      return ['failed']
  }
}

const optOutTypes: ReadonlyMap<string, Keyword> = new Map([
  ['STOP', 'stop'],
  ['START', 'start'],
  ['HELP', 'help'],
])

function inbound(sid: string, fields: URLSearchParams, { receivedAt }: RawReport): readonly ParsedReport[] {
  const from = fields.get('From') ?? ''
  if (from === '') return []
  return [
    {
      kind: 'inbound',
      dedupeKey: `${sid}/received`,
      message: {
        from,
        to: fields.get('To'),
        text: fields.get('Body') ?? '',
        automatic: false,
        keyword: optOutTypes.get(fields.get('OptOutType') ?? '') ?? null,
        at: receivedAt,
        inReplyTo: fields.get('OriginalRepliedMessageSid'),
        providerId: sid,
      },
    },
  ]
}
