import type { FactKind, ParsedReport } from '@drumbeat/core'
import { referenceVariable } from './mail-of.js'

/**
 * Reads a webhook's event, if it is about one of our deliveries. Known by the token of its signature: a signature is good for one event, also
 * where several processes take webhooks in.
 */
export function parseEvents(body: unknown): readonly ParsedReport[] {
  const event = memberOf(body, 'event-data')
  const delivery = deliveryOf(event)
  const at = Math.round(Number(memberOf(event, 'timestamp')) * 1000)
  const kinds = factsOf(event)
  if (delivery === null || !Number.isSafeInteger(at) || at <= 0 || kinds.length === 0) return []
  const token = textOf(memberOf(body, 'signature'), 'token')
  return [
    {
      kind: 'facts',
      dedupeKey: token === '' ? keyOf(event) : token,
      delivery,
      facts: kinds.map((kind) => ({ kind, at })),
    },
  ]
}

/** By our user variable, else by our own Message-ID. */
function deliveryOf(event: unknown): { readonly deliveryRef: string } | { readonly providerId: string } | null {
  const deliveryRef = textOf(memberOf(event, 'user-variables'), referenceVariable)
  if (deliveryRef !== '') return { deliveryRef }
  const messageId = textOf(memberOf(memberOf(event, 'message'), 'headers'), 'message-id').replace(/^<|>$/g, '')
  return messageId.startsWith('dlv_') ? { providerId: messageId } : null
}

function factsOf(event: unknown): readonly FactKind[] {
  const isMachine = isBot(textOf(memberOf(event, 'client-info'), 'bot'))
  switch (textOf(event, 'event')) {
    case 'accepted':
      return ['accepted']
    case 'delivered':
      return ['delivered']
    case 'rejected':
      return ['failed']
    case 'failed':
      return textOf(event, 'severity') === 'temporary' ? ['deferred'] : failureFacts(textOf(event, 'reason'))
    case 'opened':
      return [isMachine ? 'machine_opened' : 'opened']
    case 'clicked':
      return [isMachine ? 'machine_clicked' : 'clicked']
    case 'unsubscribed':
      return ['unsubscribed']
    case 'complained':
      return ['complained']
    default:
      return []
  }
}

/** Why a mail was given up for good. Only what says that the address cannot be reached closes it. */
function failureFacts(reason: string): readonly FactKind[] {
  switch (reason) {
    case 'bounce':
    case 'suppress-bounce':
      return ['hard_bounced']
    case 'suppress-unsubscribe':
      return ['failed', 'unsubscribed']
    case 'suppress-complaint':
      return ['failed', 'complained']
    case 'old':
    case 'espblock':
    case 'greylisted':
      return ['soft_bounced']
    default:
      return ['failed']
  }
}

/** Gmail's proxy fetches pictures when a person opens the mail. */
function isBot(bot: string): boolean {
  return bot !== '' && bot !== 'gmail'
}

function keyOf(event: unknown): string {
  const id = textOf(event, 'id')
  const messageId = textOf(memberOf(memberOf(event, 'message'), 'headers'), 'message-id')
  const parts = [textOf(event, 'event'), String(memberOf(event, 'timestamp')), textOf(event, 'recipient'), messageId]
  return id === '' ? parts.join('/') : id
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as { readonly [name: string]: unknown })[name]
    : undefined
}

function textOf(value: unknown, name: string): string {
  const member = memberOf(value, name)
  return typeof member === 'string' ? member : ''
}
