import type { LookupResult, UnknownDelivery } from '@drumbeat/core'
import type { TwilioClient } from './twilio-channel.js'

/** Clocks of both sides may differ by this much. */
const toleranceMs = 60_000
const newest = 50

/**
 * Asks Twilio for the message by its SID where that is known, else for what went to the address. Twilio does not show our reference, so
 * a message that is found there proves nothing; that there is none since the first call proves that ours was not accepted.
 */
export async function lookUp(client: TwilioClient, delivery: UnknownDelivery): Promise<LookupResult> {
  const { providerId, to, since } = delivery
  try {
    if (providerId !== null) return await bySid(client, providerId)
    if (to !== null && since !== null) return await byAddress(client, to, since)
  } catch {
    // Whatever went wrong with the question says nothing about the message.
  }
  return { found: 'cannot_tell' }
}

async function bySid(client: TwilioClient, providerId: string): Promise<LookupResult> {
  try {
    const { sid, dateCreated } = await client.messages(providerId).fetch()
    return { found: 'yes', providerId: sid, at: timeOf(dateCreated) }
  } catch (error) {
    const isMissing = typeof error === 'object' && error !== null && 'code' in error && error.code === 20404
    return { found: isMissing ? 'absent' : 'cannot_tell' }
  }
}

async function byAddress(client: TwilioClient, to: string, since: number): Promise<LookupResult> {
  const from = since - toleranceMs
  const messages = await client.messages.list({ to, limit: newest })
  const oldest = timeOf(messages.at(-1)?.dateCreated)
  const reachesBack = messages.length < newest || (oldest !== null && oldest < from)
  const mayBeOurs = messages.some(({ direction, dateCreated }) => {
    const at = timeOf(dateCreated)
    return direction !== 'inbound' && (at === null || at >= from)
  })
  return { found: reachesBack && !mayBeOurs ? 'absent' : 'cannot_tell' }
}

function timeOf(date: Date | undefined): number | null {
  const at = date instanceof Date ? date.getTime() : Number.NaN
  return Number.isNaN(at) ? null : at
}
