import { mailgunChannel } from '@drumbeat/channel-mailgun'
import { anOutboundMessage, channelConformance } from '@drumbeat/core/testing'
import { httpStandIn } from '../../../tests/channels/contract-server.js'
import { clientOf, domain, mailgunApi, routed, signingKey, webhook } from './mailgun-stand-in.js'

const headers = JSON.stringify([
  ['Message-Id', '<m1@example.com>'],
  ['In-Reply-To', '<dlv_00000001@mg.acme.test>'],
])

for (const batch of [
  { size: 1, waitMs: 0 },
  { size: 1000, waitMs: 5 },
]) {
  const noLookup = 'mails of one request share a Message-ID'
  channelConformance({
    name: `mailgunChannel() with ${batch.size} in a request`,
    async open() {
      const provider = await httpStandIn({
        accept: { status: 500 },
        accepted: mailgunApi(),
        reject: { status: 400, body: { message: "'to' parameter is not a valid address. please check documentation" } },
        too_many_requests: { status: 429, headers: { 'retry-after': '30' }, body: { message: 'Too many requests' } },
        bad_credentials: { status: 401, body: 'Forbidden' },
        server_error: { status: 500, body: { message: 'Internal Server Error' } },
        unreadable: { status: 200, body: '<html>Welcome to our hotel</html>' },
      })
      return {
        channel: mailgunChannel({
          client: clientOf(provider.url),
          domain,
          from: 'Acme <hello@acme.test>',
          webhook: { signingKey },
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
              event: 'delivered',
              id: `event-${providerId}`,
              timestamp: 1_773_046_800.123,
              recipient: 'ana@example.com',
              'user-variables': { drumbeat_ref: deliveryRef },
            }
            return webhook(event, signed)
          },
          inbound(text, signed) {
            const fields = { from: 'Ana <ana@example.com>', recipient: 'hello@mg.acme.test', subject: 'Re: Hello' }
            return routed({ ...fields, 'body-plain': text, 'stripped-text': text, 'message-headers': headers }, signed)
          },
        },
        close: () => provider.close(),
      }
    },
    skip: {
      'hands on how long the provider asks to wait': 'the mailgun.js client does not hand on the headers of a refusal',
      'refuses a report whose body was altered': 'Mailgun signs a timestamp and a token, not the body',
      ...(batch.size === 1
        ? {}
        : {
            'finds a message that the provider accepted': noLookup,
            'never finds a message that the provider did not accept': noLookup,
            'cannot tell when the provider cannot be reached': noLookup,
          }),
    },
  })
}
