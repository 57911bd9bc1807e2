import { bodyJson, type FactKind, type ParsedReport, type RawReport } from '@drumbeat/core'

const factKinds: ReadonlySet<string> = new Set<FactKind>([
  'accepted',
  'sent',
  'deferred',
  'delivered',
  'opened',
  'clicked',
  'machine_opened',
  'machine_clicked',
  'soft_bounced',
  'hard_bounced',
  'complained',
  'unsubscribed',
  'failed',
])

/**
 * Reads what a receiver reports back: `{ "reports": [{ "id", "deliveryRef", "fact", "at" }], "messages": [{ "id", "from", "text", "at" }] }`.
 * Times are ISO-8601, or absent for the time at which the request came in.
 */
export function parseReport(report: RawReport): readonly ParsedReport[] {
  const body = bodyJson(report)
  const { receivedAt } = report
  return [
    ...listIn(body, 'reports').flatMap((one) => readFact(one, receivedAt)),
    ...listIn(body, 'messages').flatMap((one) => readMessage(one, receivedAt)),
  ]
}

function readFact(value: unknown, receivedAt: number): readonly ParsedReport[] {
  const [id, deliveryRef, fact] = ['id', 'deliveryRef', 'fact'].map((name) => textOf(value, name))
  const at = timeOf(value, receivedAt)
  if (!id || !deliveryRef || !isFact(fact) || at === null) return []
  return [{ kind: 'facts', dedupeKey: id, delivery: { deliveryRef }, facts: [{ kind: fact, at }] }]
}

function readMessage(value: unknown, receivedAt: number): readonly ParsedReport[] {
  const [id, from, text] = ['id', 'from', 'text'].map((name) => textOf(value, name))
  const at = timeOf(value, receivedAt)
  if (!id || !from || text === undefined || text === null || at === null) return []
  const automatic = memberOf(value, 'automatic')
  return [
    {
      kind: 'inbound',
      dedupeKey: id,
      message: {
        from,
        to: textOf(value, 'to'),
        text,
        at,
        inReplyTo: textOf(value, 'inReplyTo'),
        providerId: id,
        ...(typeof automatic === 'boolean' ? { automatic } : {}),
      },
    },
  ]
}

function isFact(kind: string | null | undefined): kind is FactKind {
  return typeof kind === 'string' && factKinds.has(kind)
}

/** Null = it says a time that is none. */
function timeOf(value: unknown, receivedAt: number): number | null {
  const text = memberOf(value, 'at')
  if (text === undefined) return receivedAt
  const at = typeof text === 'string' && /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : at
}

function listIn(value: unknown, name: string): readonly unknown[] {
  const list = memberOf(value, name)
  return Array.isArray(list) ? list : []
}

function textOf(value: unknown, name: string): string | null {
  const member = memberOf(value, name)
  return typeof member === 'string' ? member : null
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as { readonly [name: string]: unknown })[name]
    : undefined
}
