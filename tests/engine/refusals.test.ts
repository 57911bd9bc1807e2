import { defineSequence, exit, type RejectionReason, type SendOutcome, send, wait } from '@drumbeat/core'
import { afterEach, describe, expect, it } from 'vitest'
import { stores } from '../acceptance/stores.js'
import { begins, promiseStage } from '../promises/stage.js'

const refused = (reason?: RejectionReason): SendOutcome => ({
  outcome: 'rejected',
  code: 'refused',
  ...(reason === undefined ? {} : { reason }),
})
const sequenceOn = (channel: string, template: string) =>
  defineSequence({
    start: 'first',
    steps: {
      first: send({ channel, template, next: 'pause' }),
      pause: wait({ for: 'PT1H', next: 'second' }),
      second: send({ channel, template, next: 'done' }),
      done: exit(),
    },
  })
const later = sequenceOn('sms', 'text')
const hours = (n: number) => Date.parse(begins) + n * 60 * 60 * 1000
const ana = { id: 'ana', attributes: { name: 'Ana' }, addresses: { email: 'ana@example.com', sms: '+12125550100' } }

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

async function staged(storeName: string, outcome: SendOutcome, refusing: (count: number) => boolean = () => true) {
  const { store, close } = (await stores[storeName]?.()) ?? {}
  if (store === undefined || close === undefined) throw new Error(`There is no store called ${storeName}.`)
  open.push(close)
  let calls = 0
  const answer = () => (refusing(++calls) ? outcome : ('accept' as const))
  const played = await promiseStage({ store, sms: { answer }, email: { answer } })
  await played.acme.contacts.import([ana])
  const suppressions = async () =>
    (await played.acme.contacts.export('ana')).suppressions.map(
      ({ channel, reason, topic }) => `${channel} ${reason}${topic === null ? '' : ` of ${topic}`}`,
    )
  const became = async (campaign: string) =>
    (await played.acme.deliveries(campaign)).map(({ stepId, state, reason }) => `${stepId} ${state} ${reason}`)
  return { ...played, suppressions, became }
}

describe.each(['memory', 'PostgreSQL'])('a refusal for good, on %s', (storeName) => {
  it.each<readonly [string, 'email' | 'sms', RejectionReason, string]>([
    ['an address that does not exist', 'email', 'recipient', 'email invalid'],
    ['a number that cannot be reached', 'sms', 'recipient', 'sms invalid'],
    ['an owner who has opted out at the provider', 'sms', 'opted_out', 'sms unsubscribed'],
    ['an owner on the list of the mail provider', 'email', 'opted_out', 'email unsubscribed'],
  ])('of %s closes the address for every campaign', async (_, channel, reason, suppression) => {
    const stage = await staged(storeName, refused(reason), (count) => count === 2)
    const sequence = sequenceOn(channel, channel === 'email' ? 'mail' : 'text')
    const other = await stage.campaign(sequence, { name: 'Other' })
    const campaign = await stage.campaign(sequence)
    await stage.acme.enroll(other, 'ana')
    await stage.playTo(hours(0))
    await stage.acme.enroll(campaign, 'ana')
    await stage.playTo(hours(0.5))
    expect(await stage.suppressions()).toEqual([suppression])
    await stage.playTo(hours(3))
    expect(await stage.became(campaign)).toEqual([
      'first failed refused',
      `second skipped suppressed_${suppression.split(' ')[1]}`,
    ])
    expect(await stage.became(other)).toEqual([
      'first sent null',
      `second skipped suppressed_${suppression.split(' ')[1]}`,
    ])
  })

  it.each<readonly [string, RejectionReason | undefined]>([
    ['a content', 'content'],
    ['a message, without a reason that is known', undefined],
  ])('of %s says nothing about the address', async (_, reason) => {
    const stage = await staged(storeName, refused(reason), (count) => count === 1)
    const campaign = await stage.campaign(later)
    await stage.acme.enroll(campaign, 'ana')
    await stage.playTo(hours(3))
    expect(await stage.suppressions()).toEqual([])
    expect(await stage.became(campaign)).toEqual(['first failed refused', 'second sent null'])
  })

  it('ends all runs that people leave when they unsubscribe, at once', async () => {
    const stage = await staged(storeName, refused('opted_out'), (count) => count === 2)
    const exits = [{ when: { unsubscribed: true } }] as const
    const other = await stage.campaign(later, { name: 'Other', exits })
    const campaign = await stage.campaign(later, { exits })
    await stage.acme.enroll(other, 'ana')
    await stage.playTo(hours(0))
    await stage.acme.enroll(campaign, 'ana')
    await stage.playTo(hours(0))
    for (const id of [campaign, other]) {
      const [run] = await stage.acme.recipients(id)
      expect([run?.status, run?.reason]).toEqual(['exited', 'unsubscribed'])
    }
  })

  it('of an opt-out is lifted by a start word, that of a wrong address is not', async () => {
    for (const [reason, left] of [
      ['opted_out', []],
      ['recipient', ['sms invalid']],
    ] as const) {
      const stage = await staged(storeName, refused(reason))
      const campaign = await stage.campaign(later)
      await stage.acme.enroll(campaign, 'ana')
      await stage.playTo(hours(0))
      await stage.acme.receive({ channel: 'sms', from: '+12125550100', text: 'START', at: stage.clock.now() })
      expect(await stage.suppressions()).toEqual(left)
    }
  })
})

describe('a report that closes an address', () => {
  it('ends the runs that people leave when they unsubscribe, as soon as it is taken in', async () => {
    const stage = await staged('memory', refused(), () => false)
    const campaign = await stage.campaign(later, { exits: [{ when: { unsubscribed: true } }] })
    await stage.acme.enroll(campaign, 'ana')
    await stage.playTo(hours(0))
    const [message] = stage.sms.messages
    const delivery = { deliveryRef: message?.deliveryRef ?? '' }
    await stage.acme.report([{ delivery, facts: [{ kind: 'unsubscribed', at: stage.clock.now() }] }])
    await stage.playTo(stage.clock.now())
    const [run] = await stage.acme.recipients(campaign)
    expect([run?.status, run?.reason]).toEqual(['exited', 'unsubscribed'])
  })
})
