import { bodyJson, type FactKind, type ParsedReport, type RawReport } from '@drumbeat/core'
import { referenceArgument } from './mail-of.js'

type SendGridEvent = { readonly [field: string]: unknown }

/** Reads the events of the Event Webhook that are about our deliveries. */
export function parseEvents(report: RawReport): readonly ParsedReport[] {
  const events = bodyJson(report)
  return Array.isArray(events) ? events.flatMap(readEvent) : []
}

function readEvent(event: unknown): readonly ParsedReport[] {
  if (typeof event !== 'object' || event === null) return []
  const fields = event as SendGridEvent
  const delivery = deliveryOf(fields)
  const at = instantOf(fields.timestamp)
  const kinds = factsOf(fields)
  if (delivery === null || at === null || kinds.length === 0) return []
  return [{ kind: 'facts', dedupeKey: keyOf(fields), delivery, facts: kinds.map((kind) => ({ kind, at })) }]
}

/** By our custom argument, else by our own Message-ID: a late bounce may come without the former. */
function deliveryOf(fields: SendGridEvent): { readonly deliveryRef: string } | { readonly providerId: string } | null {
  const deliveryRef = textOf(fields, referenceArgument)
  if (deliveryRef !== null) return { deliveryRef }
  const messageId = textOf(fields, 'smtp-id')?.replace(/^<|>$/g, '') ?? ''
  return messageId.startsWith('dlv_') ? { providerId: messageId } : null
}

function factsOf(fields: SendGridEvent): readonly FactKind[] {
  switch (textOf(fields, 'event')) {
    case 'processed':
      return ['accepted']
    case 'deferred':
      return ['deferred']
    case 'delivered':
      return ['delivered']
    case 'bounce':
      return textOf(fields, 'type') === 'blocked' ? ['soft_bounced'] : ['hard_bounced']
    case 'dropped':
      return droppedFacts(textOf(fields, 'reason') ?? '')
    case 'open':
      return isTrue(fields.sg_machine_open) ? ['machine_opened'] : ['opened']
    case 'click':
      return ['clicked']
    case 'spamreport':
      return ['complained']
    case 'unsubscribe':
    case 'group_unsubscribe':
      return ['unsubscribed']
    default:
      return []
  }
}

/** A mail that SendGrid did not send because of what it knows about the address. */
function droppedFacts(reason: string): readonly FactKind[] {
  if (/unsubscribed/i.test(reason)) return ['failed', 'unsubscribed']
  if (/spam reporting/i.test(reason)) return ['failed', 'complained']
  return /^bounced address|^invalid(?! smtpapi)/i.test(reason) ? ['hard_bounced'] : ['failed']
}

function keyOf(fields: SendGridEvent): string {
  const id = textOf(fields, 'sg_event_id')
  if (id !== null) return id
  const parts = ['event', 'timestamp', referenceArgument, 'sg_message_id', 'smtp-id', 'url', 'attempt']
  return parts.map((part) => String(fields[part] ?? '')).join('/')
}

/** Seconds by the documents; some examples have milliseconds. */
function instantOf(timestamp: unknown): number | null {
  const value = typeof timestamp === 'string' ? Number(timestamp) : timestamp
  if (typeof value !== 'number' || !(value > 0)) return null
  const at = Math.round(value < 1e11 ? value * 1000 : value)
  return Number.isSafeInteger(at) ? at : null
}

function textOf(fields: SendGridEvent, name: string): string | null {
  const value = Object.hasOwn(fields, name) ? fields[name] : null
  return typeof value === 'string' && value !== '' ? value : null
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true'
}
