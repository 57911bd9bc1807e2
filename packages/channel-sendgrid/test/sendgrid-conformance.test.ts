import { sendgridChannel } from '@drumbeat/channel-sendgrid'
import { anOutboundMessage, channelConformance } from '@drumbeat/core/testing'
import { httpStandIn } from '../../../tests/channels/contract-server.js'
import { clientOf, mailSend, parsedMail, publicKey, refusal, signedRequest } from './sendgrid-stand-in.js'

const json = (value: unknown) => new TextEncoder().encode(`${JSON.stringify(value)}\r\n`)

for (const batch of [
  { size: 1, waitMs: 0 },
  { size: 1000, waitMs: 5 },
]) {
  channelConformance({
    name: `sendgridChannel() with ${batch.size} in a request`,
    async open() {
      const provider = await httpStandIn({
        accept: { status: 500 },
        accepted: mailSend,
        reject: refusal(400, 'personalizations.0.to.0.email', 'Does not contain a valid address.'),
        too_many_requests: refusal(429, null, 'too many requests', { 'retry-after': '30' }),
        bad_credentials: refusal(401, null, 'The provided authorization grant is invalid, expired, or revoked'),
        server_error: { status: 500 },
        unreadable: { status: 200, body: '<html>Welcome to our hotel</html>' },
      })
      return {
        channel: sendgridChannel({
          client: clientOf(provider.url),
          from: 'Acme <hello@acme.test>',
          webhook: { publicKey },
          batch,
        }),
        message: anOutboundMessage({
          to: 'ana@example.com',
          content: { kind: 'email', subject: 'Hello', html: '<p>Hello</p>', text: 'Hello' },
          headers: { 'List-Unsubscribe': '<https://acme.test/u/1>' },
        }),
        provider,
        reports: {
          delivered({ deliveryRef, providerId }, signed) {
            const event = {
              email: 'ana@example.com',
              event: 'delivered',
              timestamp: 1_773_046_800,
              drumbeat_ref: deliveryRef,
              sg_event_id: `event-${providerId}`,
              sg_message_id: '14c5d75ce93.dfd.64b469.filter0001',
            }
            return signedRequest(json([event]), 'application/json', signed)
          },
          async inbound(text, signed) {
            const headers = 'Message-ID: <m1@example.com>\nIn-Reply-To: <dlv_0@acme.test>'
            const { type, body } = await parsedMail({
              headers,
              text,
              from: 'Ana <ana@example.com>',
              subject: 'Re: Hello',
            })
            return signedRequest(body, type, signed)
          },
        },
        close: () => provider.close(),
      }
    },
    skip: {
      'finds a message that the provider accepted': 'asking SendGrid needs a paid add-on',
      'never finds a message that the provider did not accept': 'asking SendGrid needs a paid add-on',
      'cannot tell when the provider cannot be reached': 'asking SendGrid needs a paid add-on',
    },
  })
}
