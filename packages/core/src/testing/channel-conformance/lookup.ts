import { expect } from 'vitest'
import type { LookupResult, UnknownDelivery } from '../../ports/channel.js'
import { type ChannelCases, type ChannelSubject, contextFor } from './subject.js'

const ref = 'dlv_0conform'

async function lookUp(
  { channel, message }: ChannelSubject,
  names: Pick<UnknownDelivery, 'deliveryRef' | 'providerId'>,
): Promise<LookupResult> {
  if (channel.lookup === undefined) throw new Error('Offer lookup; or skip this case, with a reason.')
  return channel.lookup({ ...names, to: message.to, since: Date.now() - 60_000 })
}

/** What `lookup` owes. */
export const lookupCases: ChannelCases = {
  async 'offers a look-up exactly if its capabilities say so'({ channel }) {
    expect(channel.lookup !== undefined, 'offers lookup').toBe(channel.capabilities.lookup !== 'none')
  },
  async 'finds a message that the provider accepted'(subject) {
    const sent = await subject.channel.send(subject.message, contextFor(ref))
    const providerId = sent.outcome === 'accepted' ? sent.providerId : null
    const byReference = subject.channel.capabilities.lookup === 'byReference'
    const found: LookupResult = await lookUp(subject, { deliveryRef: ref, providerId: byReference ? null : providerId })
    expect(found.found).toBe('yes')
    if (found.found === 'yes' && found.providerId !== null) expect(found.providerId).toBe(providerId)
  },
  async 'never finds a message that the provider did not accept'(subject) {
    const { found } = await lookUp(subject, { deliveryRef: 'dlv_0another', providerId: null })
    expect(['absent', 'cannot_tell']).toContain(found)
  },
  async 'cannot tell when the provider cannot be reached'(subject) {
    await subject.provider.refuseConnections()
    expect(await lookUp(subject, { deliveryRef: ref, providerId: 'provider-1' })).toEqual({ found: 'cannot_tell' })
  },
}
