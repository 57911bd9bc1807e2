import { twilioChannel } from '@drumbeat/channel-twilio'
import type { RawReport } from '@drumbeat/core'
import { anOutboundMessage, channelConformance, type Signing } from '@drumbeat/core/testing'
import twilio from 'twilio'
import { httpStandIn } from '../../../tests/channels/contract-server.js'
import { clientOf } from './local-client.js'
import { authToken, messagesResource, refusal } from './twilio-stand-in.js'

const url = 'https://acme.test/hooks/twilio?account=1'
const token: { readonly [signed in Signing]: string } = { ours: authToken, foreign: 'another-token', nobody: '' }

function signedForm(query: string, fields: Record<string, string>, signed: Signing): RawReport {
  const called = url + query
  const signature = twilio.getExpectedTwilioSignature(token[signed], called, fields)
  return {
    method: 'POST',
    url: called,
    headers: signed === 'nobody' ? {} : { 'X-Twilio-Signature': signature },
    body: new TextEncoder().encode(new URLSearchParams(fields).toString()),
    receivedAt: Date.parse('2026-03-09T09:00:00Z'),
  }
}

channelConformance({
  name: 'twilioChannel()',
  async open() {
    const provider = await httpStandIn({
      accept: { status: 500 },
      accepted: messagesResource(),
      reject: refusal(400, 21211, "The 'To' number is not a valid phone number."),
      too_many_requests: refusal(429, 20429, 'Too Many Requests'),
      bad_credentials: refusal(401, 20003, 'Authenticate'),
      server_error: refusal(500, 20500, 'Internal server error'),
      unreadable: { status: 201, body: '<html>' },
    })
    return {
      channel: twilioChannel({ client: clientOf(provider.url), from: '+15005550006', webhook: { url, authToken } }),
      message: anOutboundMessage({
        to: '+15005550009',
        content: { kind: 'text', body: 'Hello, Zoë' },
      }),
      provider,
      reports: {
        delivered({ deliveryRef, providerId }, signed) {
          const sid = `SM${Buffer.from(providerId).toString('hex').slice(0, 32).padStart(32, '0')}`
          const fields = { MessageSid: sid, MessageStatus: 'delivered', To: '+15005550009', AccountSid: 'AC1' }
          return signedForm(`&d=${deliveryRef}`, fields, signed)
        },
        inbound(text, signed) {
          const fields = { MessageSid: `SM${'a'.repeat(32)}`, SmsStatus: 'received', From: '+15005550009', Body: text }
          return signedForm('', { ...fields, To: '+15005550006', NumMedia: '0' }, signed)
        },
      },
      close: () => provider.close(),
    }
  },
  skip: {
    'hands on how long the provider asks to wait': 'the twilio client does not hand on the headers of a refusal',
  },
})
