import { attribute, type Contact, type ContactSource, event } from '@drumbeat/core'
import { describe, expect, it } from 'vitest'
import { day, hour, stage } from './stage.js'

const sentAt = async ({ workspace, campaign }: Awaited<ReturnType<typeof stage>>) =>
  (await workspace.deliveries(campaign.id, { states: ['sent'] })).map(
    ({ contactId, dueAt }) => `${contactId} ${new Date(dueAt).toISOString().slice(0, 16)}`,
  )

describe('a campaign by a date of its contacts', () => {
  const renewals = { entry: { date: 'renewal', offset: '-P7D', time: '09:00' } } as const

  it('is entered by whoever gets a date after it was activated, at the date as it is by then', async () => {
    const played = await stage({ campaign: renewals, people: 3 })
    const { workspace, play } = played
    await play(hour)
    await workspace.contacts.import([
      { id: 'p0', attributes: { renewal: '2026-02-01' } },
      { id: 'p1', attributes: { renewal: '2026-02-01' } },
      { id: 'p2', attributes: { renewal: '2026-02-01' } },
    ])
    await play(2 * day, hour)
    await workspace.contacts.import([{ id: 'p1', attributes: { renewal: '2026-02-20' } }])
    await workspace.contacts.import([{ id: 'p2', attributes: { renewal: null } }])
    await play(60 * day, hour)
    expect(await sentAt(played)).toEqual(['p0 2026-01-25T09:00', 'p1 2026-02-13T09:00'])
    expect(await played.runs()).toContain('exited at mail: date_removed')
  })

  it('is entered every year, while the contact is in the audience on the day', async () => {
    const played = await stage({
      campaign: { entry: { date: 'born', time: '08:00', yearly: true }, audience: attribute('plan').is('paid') },
    })
    const { workspace, play } = played
    await workspace.contacts.import([{ id: 'p0', attributes: { born: '1990-06-01', plan: 'paid' } }])
    await play(200 * day, 12 * hour)
    await workspace.contacts.import([{ id: 'p0', attributes: { plan: 'free' } }])
    await play(365 * day, 12 * hour)
    await workspace.contacts.import([{ id: 'p0', attributes: { plan: 'paid' } }])
    await play(365 * day, 12 * hour)
    expect(await sentAt(played)).toEqual(['p0 2026-06-01T08:00', 'p0 2028-06-01T08:00'])
  })
})

describe('a campaign by a schedule that repeats', () => {
  it('is entered each time by whoever is in the audience then', async () => {
    const played = await stage({ campaign: { entry: { at: '2026-01-06T09:00:00Z', every: 'P1W' } } })
    const { workspace, play } = played
    await play(10 * day, hour)
    await workspace.contacts.import([{ id: 'late', addresses: { email: 'late@example.com' } }])
    await play(10 * day, hour)
    expect([...(await sentAt(played))].sort()).toEqual([
      'late 2026-01-20T09:00',
      'p0 2026-01-06T09:00',
      'p0 2026-01-13T09:00',
      'p0 2026-01-20T09:00',
    ])
  })

  it('must repeat by an hour or more', async () => {
    await expect(stage({ campaign: { entry: { at: '2026-01-06T09:00:00Z', every: 'PT5M' } } })).rejects.toThrow(
      'it must be an hour or longer',
    )
  })
})

describe('an audience that asks for events', () => {
  it('is judged by them, whether people are enrolled, or begin to match', async () => {
    const visited = event('pricing.visited')
    const byCall = await stage({ people: 2, campaign: { entry: { when: 'api' }, audience: visited } })
    await byCall.workspace.track({ contactId: 'p1', event: 'pricing.visited' })
    await byCall.drumbeat.tick()
    const report = await byCall.workspace.enroll(byCall.campaign.id, ['p0', 'p1'])
    expect(report.enrolled.map(({ contactId }) => contactId)).toEqual(['p1'])
    expect(report.refused).toEqual([{ contactId: 'p0', reason: 'not_in_audience' }])
    const matching = await stage({ people: 2, campaign: { entry: { when: 'matching' }, audience: visited } })
    await matching.drumbeat.tick()
    await matching.workspace.track({ contactId: 'p1', event: 'pricing.visited' })
    await matching.drumbeat.tick()
    expect((await sentAt(matching)).map((sent) => sent.slice(0, 2))).toEqual(['p1'])
  })
})

describe('a count of an audience', () => {
  const people = Array.from(
    { length: 1_500 },
    (_, n): Contact => ({
      id: `c${10_000 + n}`,
      addresses: {},
      zone: null,
      locale: null,
      attributes: { vip: n % 3 === 0 },
      tags: [],
      updatedAt: null,
    }),
  )

  it('is of the contacts where the host keeps them', async () => {
    const contacts: ContactSource = {
      get: async ({ contactIds }) => people.filter(({ id }) => contactIds.includes(id)),
      async page({ after, limit }) {
        const ahead = people.filter(({ id }) => after === null || id > after)
        return { contacts: ahead.slice(0, limit), next: ahead.length > limit ? (ahead[limit - 1]?.id ?? null) : null }
      },
    }
    const { workspace } = await stage({ contacts })
    expect(await workspace.contacts.count()).toMatchObject({ count: 1_500, isExact: true })
    expect(await workspace.contacts.count({ where: attribute('vip').is(true) })).toMatchObject({
      count: 500,
      isExact: true,
    })
  })
})

it('an engine at rest is woken by what its own process reports, and does not wait for its next look', async () => {
  const played = await stage({ settings: { pollMs: hour } })
  const sent = new Promise((resolve) => played.drumbeat.events.once('delivery.settled', resolve))
  await played.drumbeat.start()
  await played.workspace.track({ contactId: 'p0', event: 'in' })
  expect(await sent).toMatchObject({ state: 'sent', contactId: 'p0' })
  await played.drumbeat.stop()
})
