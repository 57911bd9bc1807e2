import { event } from '@drumbeat/core'
import { expect, it } from 'vitest'
import { day, hour, type StageOptions, stage } from './stage.js'

/** A stage on which decisions about some contacts throw, until they are mended. */
async function breaking(broken: ReadonlySet<string>, options: StageOptions = {}) {
  const set = await stage({ people: 3, ...options })
  const { permissions } = set.store.contacts
  const real = permissions.bind(set.store.contacts)
  const unreadable = {
    suppressions: [],
    get consents(): never {
      throw new Error('unreadable')
    },
  }
  set.store.contacts.permissions = async (keys) =>
    new Map([...(await real(keys))].map(([key, known]) => [key, broken.has(key.slice(-2)) ? unreadable : known]))
  const enter = async () => {
    for (const contactId of ['p0', 'p1', 'p2']) await set.workspace.track({ contactId, event: 'in' })
    await set.drumbeat.tick()
  }
  return { ...set, enter }
}

it('a quarantined run goes on where it was once it is released, and what it failed at is put right', async () => {
  const broken = new Set(['p1'])
  const { workspace, drumbeat, campaign, enter, runs, states, counted } = await breaking(broken)
  await enter()
  expect(await runs()).toEqual(['active at a-day', 'quarantined at mail: decision_failed', 'active at a-day'])
  broken.clear()
  expect(await workspace.release(campaign.id)).toBe(1)
  await drumbeat.tick()
  expect(await runs()).toEqual(['active at a-day', 'active at a-day', 'active at a-day'])
  expect(await states()).toEqual(['mail sent', 'mail sent', 'mail sent'])
  const [explained] = await workspace.explain({ campaignId: campaign.id, contactId: 'p1' })
  expect(explained).toMatchObject({ status: 'active', reason: null, waitsFor: 'timer' })
  expect([await counted('recipient.released'), await workspace.release(campaign.id)]).toEqual([1, 0])
})

it('one that still fails is quarantined again', async () => {
  const { workspace, drumbeat, campaign, enter, runs, counted } = await breaking(new Set(['p1']))
  await enter()
  await workspace.release(campaign.id)
  await drumbeat.tick()
  expect((await runs())[1]).toBe('quarantined at mail: decision_failed')
  expect(await counted('recipient.quarantined.decision_failed')).toBe(2)
})

it('a wait keeps its moment: it is neither cut short nor begun anew', async () => {
  const broken = new Set<string>()
  const { workspace, drumbeat, campaign, enter, clock, runs } = await breaking(broken, {
    campaign: { exitOn: event('left') },
  })
  await enter()
  const dueAt = async () => (await workspace.recipients(campaign.id))[1]?.dueAt
  const planned = await dueAt()
  clock.advance(hour)
  broken.add('p1')
  await workspace.contacts.upsert({ id: 'p1', attributes: { plan: 'trial' } })
  await drumbeat.tick()
  expect([(await runs())[1], await dueAt()]).toEqual(['quarantined at a-day: decision_failed', null])
  broken.clear()
  clock.advance(hour)
  await workspace.release(campaign.id, 'p1')
  expect(await dueAt()).toBe(planned)
  await drumbeat.tick()
  expect((await runs())[1]).toBe('active at a-day')
  clock.advance(day - 2 * hour)
  await drumbeat.tick()
  expect((await runs())[1]).toBe('completed at done: completed')
})

it('only those of the contact that is named are released, and none of another workspace', async () => {
  const broken = new Set(['p0', 'p1'])
  const { workspace, drumbeat, campaign, enter, runs } = await breaking(broken)
  await enter()
  broken.clear()
  expect(await workspace.release(campaign.id, 'p1')).toBe(1)
  expect(await workspace.release(campaign.id, 'nobody')).toBe(0)
  await expect(drumbeat.workspace('other').release(campaign.id)).rejects.toMatchObject({ code: 'not_found' })
  await drumbeat.tick()
  expect(await runs()).toEqual(['quarantined at mail: decision_failed', 'active at a-day', 'active at a-day'])
})

it('one that is released in a pause waits for its end, and sends nothing before', async () => {
  const broken = new Set(['p1'])
  const { workspace, drumbeat, campaign, enter, runs, states } = await breaking(broken)
  await enter()
  await workspace.campaigns.pause(campaign.id)
  broken.clear()
  expect(await workspace.release(campaign.id)).toBe(1)
  await drumbeat.tick()
  expect([(await runs())[1], (await states()).length]).toEqual(['active at mail', 2])
  await workspace.campaigns.resume(campaign.id)
  await drumbeat.tick()
  expect([(await runs())[1], (await states()).length]).toEqual(['active at a-day', 3])
})

it('a campaign that is stopped releases nobody, and one that has completed meanwhile does', async () => {
  const broken = new Set(['p1'])
  const stopped = await breaking(broken)
  await stopped.enter()
  await stopped.workspace.campaigns.stop(stopped.campaign.id)
  await stopped.drumbeat.tick()
  await expect(stopped.workspace.release(stopped.campaign.id)).rejects.toMatchObject({ code: 'invalid_transition' })
  const completed = await breaking(broken)
  const { workspace, drumbeat, campaign, clock, runs } = completed
  await completed.enter()
  await workspace.campaigns.finish(campaign.id)
  clock.advance(day)
  await drumbeat.tick()
  await drumbeat.tick()
  expect((await workspace.campaigns.get(campaign.id)).status).toBe('completed')
  broken.clear()
  expect(await workspace.release(campaign.id)).toBe(1)
  await drumbeat.tick()
  clock.advance(day)
  await drumbeat.tick()
  expect((await runs())[1]).toBe('completed at done: completed')
})
