import { createHmac } from 'node:crypto'
import type { ContractAnswer, ContractRequest } from '../../../tests/channels/contract-server.js'

const fields = ['type', 'deliveryRef', 'to', 'category', 'content', 'headers', 'inReplyTo', 'metadata']

/**
 * A receiver as the Standard Webhooks describe it, written from that page alone: it takes what is signed by its secret within five minutes
 * and has the fields that `webhookChannel` documents.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function receiver(secret: string): (request: ContractRequest) => ContractAnswer {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret)
  return ({ method, headers, body }) => {
    const { 'webhook-id': id = '', 'webhook-timestamp': timestamp = '', 'webhook-signature': signatures = '' } = headers
    const expected = `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
    const isFresh = Math.abs(Number(timestamp) - Date.now() / 1000) < 300
    if (method !== 'POST') return { status: 405 }
    if (id === '' || !isFresh || !signatures.split(' ').includes(expected)) return { status: 401 }
    if (headers['content-type'] !== 'application/json') return { status: 415 }
    const message: { readonly [field: string]: unknown } = JSON.parse(body)
    const isWhole =
      fields.every((field) => Object.hasOwn(message, field)) && Object.keys(message).length === fields.length
    return isWhole ? { status: 202, body: { id: `push-${id}` } } : { status: 422 }
  }
}
