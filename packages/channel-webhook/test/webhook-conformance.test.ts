import { createHmac } from 'node:crypto'
import { webhookChannel } from '@drumbeat/channel-webhook'
import type { RawReport } from '@drumbeat/core'
import { anOutboundMessage, channelConformance, type Signing } from '@drumbeat/core/testing'
import { httpStandIn } from '../../../tests/channels/contract-server.js'

const secrets: { readonly [signed in Signing]: string } = {
  ours: 'the secret of the reports',
  foreign: 'another secret of 16 bytes',
  nobody: '',
}
const receivedAt = Date.parse('2026-03-09T09:00:00Z')

function report(body: object, signed: Signing): RawReport {
  const text = JSON.stringify(body)
  const timestamp = String(receivedAt / 1000)
  const signature = createHmac('sha256', secrets[signed]).update(`evt_1.${timestamp}.${text}`).digest('base64')
  const headers: Record<string, string> =
    signed === 'nobody'
      ? { 'content-type': 'application/json' }
      : { 'Webhook-Id': 'evt_1', 'Webhook-Timestamp': timestamp, 'Webhook-Signature': `v1,${signature}` }
  return {
    method: 'POST',
    url: 'https://acme.test/hooks/push',
    headers,
    body: new TextEncoder().encode(text),
    receivedAt,
  }
}

for (const deduplicatesForMs of [null, 86_400_000]) {
  channelConformance({
    name: `webhookChannel() with a receiver that ${deduplicatesForMs === null ? 'takes all' : 'de-duplicates'}`,
    async open() {
      const provider = await httpStandIn({
        accept: { status: 202, body: '' },
        reject: { status: 410 },
        too_many_requests: { status: 429, headers: { 'retry-after': '30' } },
        bad_credentials: { status: 401 },
        server_error: { status: 500 },
        unreadable: { status: 200, body: '<html>' },
      })
      return {
        channel: webhookChannel({
          name: 'push',
          url: `${provider.url}/messages`,
          secret: 'a secret of 16 bytes and more',
          webhook: { secret: secrets.ours },
          deduplicatesForMs,
          guard: { trustedOrigins: [provider.url] },
        }),
        message: anOutboundMessage({
          to: 'device-token-1',
          content: { kind: 'custom', fields: { title: 'Hello', body: 'Zoë' } },
        }),
        provider,
        reports: {
          delivered: ({ deliveryRef, providerId }, signed) =>
            report(
              { reports: [{ id: providerId, deliveryRef, fact: 'delivered', at: '2026-03-09T08:59:00Z' }] },
              signed,
            ),
          inbound: (text, signed) => report({ messages: [{ id: 'm1', from: 'device-token-1', text }] }, signed),
        },
        close: () => provider.close(),
      }
    },
    skip: {
      'says unknown when the answer is a success that cannot be read': 'every 2xx takes the message, whatever it says',
      'finds a message that the provider accepted': 'a receiver of webhooks cannot be asked',
      'never finds a message that the provider did not accept': 'a receiver of webhooks cannot be asked',
      'cannot tell when the provider cannot be reached': 'a receiver of webhooks cannot be asked',
    },
  })
}
