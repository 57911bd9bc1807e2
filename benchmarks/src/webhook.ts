import { createHmac } from 'node:crypto'

/** The account that the measured webhooks are for. */
export const account = 'account-of-the-benchmarks'
export const signatureHeader = 'x-signature'

/** Signs a webhook's bytes. */
export function signWebhook(body: Uint8Array | string): string {
  return createHmac('sha256', 'the provider’s secret').update(body).digest('hex')
}
