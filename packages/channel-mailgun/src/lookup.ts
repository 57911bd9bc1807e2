import { type LookupResult, messageIdOf, type UnknownDelivery } from '@drumbeat/core'
import type { MailgunClient } from './mailgun-channel.js'

/** Mailgun's event log is complete for what is older than this, and kept for at least so long. */
const completeMs = 30 * 60 * 1000
const keptMs = 3 * 24 * 60 * 60 * 1000

/**
 * Asks Mailgun's event log for the mail by its Message-ID, which is our reference. An absence counts only when the log is complete.
 * @see https://documentation.mailgun.com/docs/mailgun/user-manual/events/event-polling
 */
export async function lookUp(
  client: MailgunClient,
  domain: string,
  { deliveryRef, since }: UnknownDelivery,
  now: number,
): Promise<LookupResult> {
  try {
    const messageId = messageIdOf(deliveryRef, domain)
    const { body } = await client.request.get(`/v3/${domain}/events`, { 'message-id': messageId, limit: 1 })
    const items = typeof body === 'object' && body !== null && 'items' in body ? body.items : null
    if (!Array.isArray(items)) return { found: 'cannot_tell' }
    const event: unknown = items[0]
    if (event !== undefined) return { found: 'yes', providerId: messageId, at: timeOf(event) }
    const ageMs = since === null ? 0 : now - since
    return { found: ageMs > completeMs && ageMs < keptMs ? 'absent' : 'cannot_tell' }
  } catch {
    return { found: 'cannot_tell' }
  }
}

function timeOf(event: unknown): number | null {
  const seconds =
    typeof event === 'object' && event !== null && 'timestamp' in event ? Number(event.timestamp) : Number.NaN
  return Number.isFinite(seconds) ? Math.round(seconds * 1000) : null
}
