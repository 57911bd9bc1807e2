import { channelConformance, type ProviderAnswer, patienceMs } from '../testing/channel-conformance/index.js'
import { anOutboundMessage } from '../testing/outbound.js'
import { type SandboxAnswer, sandboxChannel } from './sandbox-channel.js'

const answers: { readonly [How in ProviderAnswer]: SandboxAnswer } = {
  accept: 'accept',
  reject: { outcome: 'rejected', code: 'bad_address', reason: 'recipient' },
  too_many_requests: { outcome: 'not_accepted', code: 'too_many_requests', retryAfterMs: patienceMs },
  bad_credentials: { outcome: 'blocked', code: 'bad_credentials' },
  server_error: { outcome: 'unknown', code: 'server_error' },
  reset: 'accept_silently',
  unreadable: 'accept_silently',
  silence: 'accept_silently',
}

channelConformance({
  name: 'sandboxChannel()',
  async open() {
    const requests: string[] = []
    let answer: SandboxAnswer = 'accept'
    const channel = sandboxChannel({
      name: 'sms',
      answer(message, attempt) {
        requests.push(JSON.stringify({ message, attempt }))
        return answer
      },
    })
    return {
      channel,
      message: anOutboundMessage({
        to: '+15005550006',
        content: { kind: 'text', body: 'Hello' },
      }),
      provider: {
        requests,
        answer(how) {
          answer = answers[how]
        },
        async refuseConnections() {
          answer = { outcome: 'not_accepted', code: 'ECONNREFUSED', retryAfterMs: null }
        },
      },
      async close() {},
    }
  },
  skip: {
    'says unknown at once when it is aborted with the request under way': 'the sandbox answers at once',
    'cannot tell when the provider cannot be reached': 'the sandbox looks into its own memory',
    reports: 'nobody reports on what the sandbox keeps',
  },
})
