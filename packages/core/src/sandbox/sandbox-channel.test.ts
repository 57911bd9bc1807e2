import { describe, expect, it } from 'vitest'
import { anOutboundMessage, aSendContext } from '../testing/outbound.js'
import { type SandboxOptions, sandboxChannel } from './sandbox-channel.js'
import { VirtualClock } from './virtual-clock.js'

const message = anOutboundMessage({
  to: 'ana@example.com',
  content: { kind: 'email', subject: 'Hi', html: '<p>Hi</p>', text: 'Hi', preheader: null } as never,
})
const context = (deliveryRef: string) => aSendContext({ deliveryRef, idempotencyKey: `key-${deliveryRef}` })
const asked = (deliveryRef: string) => ({ deliveryRef, providerId: null, to: null, since: null })
const channelWith = (options: Partial<SandboxOptions> = {}) => {
  const clock = new VirtualClock('2026-03-09T09:00:00Z')
  return { clock, channel: sandboxChannel({ name: 'email', clock, ...options }) }
}

describe('a sandbox channel', () => {
  it('keeps what it accepts, with the time of its clock', async () => {
    const { channel, clock } = channelWith()
    expect(await channel.send(message, context('one'))).toEqual({ outcome: 'accepted', providerId: 'sandbox-email-1' })
    expect(channel.messages).toMatchObject([{ to: 'ana@example.com', deliveryRef: 'one', at: clock.now() }])
    channel.clear()
    expect(channel.messages).toEqual([])
  })

  it('answers as scripted, and keeps nothing that it did not accept', async () => {
    const { channel } = channelWith({ answer: () => ({ outcome: 'rejected', code: 'bad_address' }) })
    expect(await channel.send(message, context('one'))).toEqual({ outcome: 'rejected', code: 'bad_address' })
    expect(channel.messages).toEqual([])
  })

  it('can accept a message and say nothing that can be read; a look-up finds it', async () => {
    const { channel } = channelWith({ answer: () => 'accept_silently' })
    expect(await channel.send(message, context('one'))).toMatchObject({ outcome: 'unknown' })
    expect(await channel.lookup?.(asked('one'))).toMatchObject({ found: 'yes' })
    expect(await channel.lookup?.(asked('two'))).toEqual({ found: 'absent' })
  })

  it('asks whether it may still start only after it has dawdled', async () => {
    const { channel, clock } = channelWith({ delayMs: 100 })
    let mayStart = true
    const assertMayStart = () => {
      if (!mayStart) throw new Error('The permit has run out.')
    }
    const sending = channel.send(message, { ...context('one'), assertMayStart })
    mayStart = false
    clock.advance(100)
    await expect(sending).rejects.toThrow('permit')
    expect(channel.messages).toEqual([])
  })

  it('takes the kind of address that its name says', () => {
    const kinds = ['email', 'sms', 'push'].map((name) => sandboxChannel({ name }).addressKind)
    expect(kinds).toEqual(['email', 'phone', 'other'])
  })

  it('offers no look-up where it is told so', () => {
    const { channel } = channelWith({ lookup: false })
    expect([channel.capabilities.lookup, channel.lookup]).toEqual(['none', undefined])
  })
})
