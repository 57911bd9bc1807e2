import { describe, expect, it } from 'vitest'
import { stores } from '../acceptance/stores.js'
import { broken, taken, webhookStage } from './stage.js'

const day = 24 * 60 * 60 * 1000
const people = Array.from({ length: 12 }, (_, n) => `p${n}`)

describe.each(Object.entries(stores))('on %s', (_name, open) => {
  it('two engines tell everything of everybody once it can be told, in order, whatever fails in between', async () => {
    const { store, close } = await open()
    try {
      let requests = 0
      const { acme, campaignId, sender, engine, play } = await webhookStage({
        store,
        people,
        // Every third request fails: in all, each event is tried as often as it takes.
        answer: () => (++requests % 3 === 0 ? broken : taken),
      })
      const { endpoint } = await acme.webhooks.create({
        url: 'https://crm.acme.test/events',
        types: ['recipient.entered', 'delivery.sent', 'recipient.ended'],
      })
      await acme.campaigns.activate(campaignId)
      await acme.enroll(campaignId, people)
      const second = engine('second')
      await Promise.all([play(0), second.tick(), second.tick()])
      await play(2 * day)
      for (const id of people) {
        const mine = sender.taken.filter(({ data }) => data.contactId === id).map(({ type }) => type)
        expect([id, ...mine]).toEqual([id, 'recipient.entered', 'delivery.sent', 'recipient.ended'])
      }
      expect(sender.taken).toHaveLength(3 * people.length)
      expect(await acme.webhooks.backlog()).toEqual([])
      expect((await acme.webhooks.get(endpoint.id)).disabled).toBeNull()
      await second.stop()
    } finally {
      await close()
    }
  })
})
