import { publicLinks } from '@drumbeat/http'
import { postgresStore } from '@drumbeat/store-postgres'
import type pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { newPool, newSchema } from '../../packages/store-postgres/test/databases.js'
import {
  activated,
  begins,
  deliver,
  fromMailgun,
  fromSendgrid,
  fromTwilio,
  providers,
  publicUrl,
  secret,
  wired,
} from './stage.js'

const people = 12
const hour = 60 * 60 * 1000
const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

type Channel = 'sms' | 'email' | 'news'
const templates = { sms: 'text', email: 'mail', news: 'news' } as const
const numberOf = (n: number) => `+1202555${String(100 + n).padStart(4, '0')}`
const addressOf = (channel: Channel, n: number) => (channel === 'sms' ? numberOf(n) : `p${n}@example.com`)

/**
 * Two engines on one PostgreSQL, the people in two campaigns: in the first they have had a message and wait for the next, in the second
 * a message is put off by the quiet hours.
 */
async function raced(channel: Channel) {
  const schema = newSchema()
  const pools: pg.Pool[] = [newPool({ max: 4 }), newPool({ max: 4 })]
  const through = await providers()
  const [one, other] = pools.map((pool) => postgresStore({ pool, schema, clock: 'caller' }))
  if (one === undefined || other === undefined) throw new Error('There are two engines.')
  const stage = wired(through, { store: one, engineId: 'one' })
  const beside = wired(through, { store: other, engineId: 'other', clock: stage.clock })
  ends.push(async () => {
    await stage.drumbeat.close()
    await beside.drumbeat.close()
    await pools[0]?.query(`drop schema ${schema} cascade`)
    for (const pool of pools) await pool.end()
    await through.close()
  })
  const tick = () => Promise.all([stage.drumbeat.tick(), beside.drumbeat.tick()])
  await stage.drumbeat.tick()
  const template = templates[channel]
  const sequence = {
    schema: 1,
    start: 'first',
    steps: {
      first: { kind: 'send', channel, template, next: 'pause' },
      pause: { kind: 'wait', for: 'PT2H', next: 'second' },
      second: { kind: 'send', channel, template, next: 'done' },
      done: { kind: 'exit' },
    },
  } as const
  const first = await activated(stage.drumbeat, { sequence, category: 'transactional' })
  const putOff = { quietHours: { [channel]: '08:00-11:00' }, category: 'transactional' } as const
  const second = await activated(stage.drumbeat, { sequence, name: 'Second', ...putOff })
  await stage.acme.contacts.import(
    Array.from({ length: people }, (_, n) => ({
      id: `p${n}`,
      zone: 'UTC',
      attributes: { name: `p${n}` },
      addresses: { [channel]: addressOf(channel, n) },
    })),
  )
  for (let n = 0; n < people; n++) for (const id of [first, second]) await stage.acme.enroll(id, `p${n}`)
  await tick()
  const deliveries = await stage.acme.deliveries(first, { limit: 100 })
  const refOf = (n: number) => {
    const found = deliveries.find(({ contactId }) => contactId === `p${n}`)
    if (found === undefined) throw new Error(`p${n} has had no message.`)
    return stage.acme.refOf(found)
  }
  const sentTo = () => {
    const counts = new Map<number, number>()
    for (const { path, body } of through.sent[channel]) {
      const text = decodeURIComponent(`${path} ${body}`.replace(/\+/g, ' '))
      for (let n = 0; n < people; n++) {
        if (new RegExp(`Hello p${n}\\b`).test(text)) counts.set(n, (counts.get(n) ?? 0) + 1)
      }
    }
    return Array.from({ length: people }, (_, n) => counts.get(n) ?? 0)
  }
  const suppressions = async (n: number) =>
    (await stage.acme.contacts.export(`p${n}`)).suppressions.map(({ reason }) => reason)
  /** Both engines work while this happens, and through the two hours and more that follow. */
  const during = async (happening: () => Promise<unknown>): Promise<void> => {
    const [result] = await Promise.all([happening(), tick()])
    expect(result).toEqual(expect.anything())
    for (let half = 0; half < 12; half++) {
      stage.clock.advance(hour / 2)
      await tick()
    }
  }
  return { ...stage, first, second, refOf, sentTo, suppressions, during }
}

const says = (n: number, text: string, id: string) =>
  fromTwilio({ MessageSid: `SM${id.padStart(32, '0')}`, SmsStatus: 'received', From: numberOf(n), Body: text })

/** Who is closed by it: the first half. The others get all four messages. */
const closed = people / 2
const expected = Array.from({ length: people }, (_, n) => (n < closed ? 1 : 4))

describe('an address is closed at once, for all campaigns and for what is scheduled already, with two engines at work', () => {
  const closing: readonly [
    string,
    Channel,
    string,
    (stage: Awaited<ReturnType<typeof raced>>, n: number) => Promise<unknown>,
  ][] = [
    ['STOP by text message', 'sms', 'stop', ({ handle }, n) => deliver(handle, 'sms', says(n, ' Stop. ', `a${n}`))],
    [
      'a one-click unsubscribe',
      'email',
      'unsubscribed',
      async ({ handle, refOf }, n) => {
        const named = { contactId: `p${n}`, channel: 'email', topic: null, deliveryRef: refOf(n) }
        const url = publicLinks({ publicUrl, secret }).unsubscribeUrl({ workspaceId: 'acme', ...named })
        const headers = { 'content-type': 'application/x-www-form-urlencoded' }
        const body = 'List-Unsubscribe=One-Click'
        return (await handle(new Request(url, { method: 'POST', headers, body }))).status
      },
    ],
    [
      'a complaint',
      'email',
      'complaint',
      ({ handle, refOf }, n) => {
        const said = { event: 'spamreport', timestamp: begins / 1000, sg_event_id: `c${n}`, drumbeat_ref: refOf(n) }
        return deliver(handle, 'email', fromSendgrid([said]))
      },
    ],
    [
      'a hard bounce',
      'news',
      'hard_bounce',
      ({ handle, refOf }, n) => {
        const variables = { drumbeat_ref: refOf(n) }
        const said = { id: `b${n}`, event: 'failed', severity: 'permanent', reason: 'bounce', timestamp: begins / 1000 }
        return deliver(handle, 'news', fromMailgun({ ...said, 'user-variables': variables }))
      },
    ],
    [
      'a number that is not in service',
      'sms',
      'hard_bounce',
      ({ handle, refOf }, n) => {
        const said = {
          MessageSid: `SM${String(n).padStart(32, '0')}`,
          MessageStatus: 'undelivered',
          ErrorCode: '30005',
        }
        return deliver(handle, 'sms', fromTwilio(said, refOf(n)))
      },
    ],
  ]

  it.each(closing)('by %s', { timeout: 120_000 }, async (_, channel, reason, close) => {
    const stage = await raced(channel)
    expect(stage.sentTo()).toEqual(Array.from({ length: people }, () => 1))
    await stage.during(async () => {
      const statuses = await Promise.all(Array.from({ length: closed }, (_, n) => close(stage, n)))
      expect(statuses).toEqual(statuses.map(() => 200))
      return statuses
    })
    expect(stage.sentTo()).toEqual(expected)
    for (let n = 0; n < people; n++) expect(await stage.suppressions(n)).toEqual(n < closed ? [reason] : [])
    for (const campaign of [stage.first, stage.second]) {
      const kept = (await stage.acme.deliveries(campaign, { limit: 100 })).filter(({ contactId }) => contactId === 'p0')
      // By time: each engine hands out ids of its own.
      const inOrder = [...kept].sort((a, b) => a.plannedAt - b.plannedAt)
      const states = inOrder.map(({ state, reason: why }) => `${state} ${why}`)
      expect(states).toEqual(
        campaign === stage.first
          ? ['sent null', `skipped suppressed_${reason}`]
          : [`skipped suppressed_${reason}`, `skipped suppressed_${reason}`],
      )
    }
    expect(stage.errors).toEqual([])
  })

  it('and a start word lifts the stop word alone', { timeout: 120_000 }, async () => {
    const stage = await raced('sms')
    const { handle } = stage
    const bounced = { MessageSid: `SM${'0'.repeat(31)}1`, MessageStatus: 'undelivered', ErrorCode: '30005' }
    await stage.during(async () => {
      await deliver(handle, 'sms', fromTwilio(bounced, stage.refOf(1)))
      for (const n of [0, 1]) expect(await deliver(handle, 'sms', says(n, 'STOP', `d${n}`))).toBe(200)
      for (const n of [0, 1, 2]) expect(await deliver(handle, 'sms', says(n, 'START', `e${n}`))).toBe(200)
      return 'said'
    })
    expect([await stage.suppressions(0), await stage.suppressions(1)]).toEqual([[], ['hard_bounce']])
    expect(stage.sentTo().slice(0, 3)).toEqual([4, 1, 4])
  })
})
