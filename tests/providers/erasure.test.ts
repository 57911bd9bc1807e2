import { redisQueue } from '@drumbeat/queue-redis'
import { postgresStore } from '@drumbeat/store-postgres'
import pg from 'pg'
import { afterEach, expect, it } from 'vitest'
import { connect, keysOf, newPrefix } from '../../packages/queue-redis/test/servers.js'
import { databaseUrl, newSchema } from '../../packages/store-postgres/test/databases.js'
import {
  activated,
  begins,
  deliver,
  fromMailgun,
  fromSendgrid,
  fromTwilio,
  mailThroughSendgrid,
  providers,
  wired,
} from './stage.js'

/** What must not be left of a person: each a word that nothing else holds. */
const canaries = {
  phone: '+12025550143',
  email: 'canary-mailbox@example.com',
  news: 'canary-newsbox@example.com',
  name: 'Canaryname',
  attribute: 'canary-attribute',
  tag: 'canary-tag',
  event: 'canary-event-data',
  reply: 'canary-reply-text',
  inbound: 'canary-inbound-mail',
  payload: 'canary-provider-payload',
} as const
const words = Object.values(canaries)

/** The words that a text holds, in whichever form a database may show it. */
function foundIn(text: string): readonly string[] {
  const lower = text.toLowerCase()
  const forms = (word: string) => [word, Buffer.from(word).toString('hex'), Buffer.from(word).toString('base64')]
  return words.filter((word) => forms(word).some((form) => lower.includes(form.toLowerCase())))
}

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** Every row of every table, as text. */
async function everyRow(pool: pg.Pool, schema: string): Promise<ReadonlyMap<string, string>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = $1 and table_type = 'BASE TABLE'`,
    [schema],
  )
  expect(tables.length).toBeGreaterThan(20)
  const found = new Map<string, string>()
  for (const { name } of tables) {
    const { rows } = await pool.query<{ row: string }>(`select t::text as row from "${schema}"."${name}" t`)
    found.set(name, rows.map(({ row }) => row).join('\n'))
  }
  return found
}

/** Every key with its value, whatever its kind. */
async function everyKey(redis: ReturnType<typeof connect>, prefix: string): Promise<string> {
  const dumped: string[] = []
  for (const key of await keysOf(redis, prefix)) {
    dumped.push(key, JSON.stringify(await redis.dump(key)), JSON.stringify(await redis.type(key)))
    if ((await redis.type(key)) === 'hash') dumped.push(JSON.stringify(await redis.hgetall(key)))
    if ((await redis.type(key)) === 'stream') dumped.push(JSON.stringify(await redis.xrange(key, '-', '+')))
    if ((await redis.type(key)) === 'list') dumped.push(JSON.stringify(await redis.lrange(key, 0, -1)))
  }
  return dumped.join('\n')
}

async function played() {
  const [schema, prefix] = [newSchema(), newPrefix()]
  const pool = new pg.Pool({ connectionString: databaseUrl(), max: 6 })
  ends.push(() => pool.end())
  const redis = connect()
  ends.push(async () => redis.disconnect())
  const queue = redisQueue({ connection: redis, prefix })
  const channels = await providers()
  ends.push(() => channels.close())
  const store = postgresStore({ pool, schema, clock: 'caller' })
  const stage = wired(channels, { store, queue })
  ends.push(async () => {
    await stage.drumbeat.close()
    await pool.query(`drop schema ${schema} cascade`)
    const keys = await keysOf(redis, prefix)
    if (keys.length > 0) await redis.del(...keys)
  })
  const told: string[] = []
  const { events } = stage.drumbeat
  for (const name of ['delivery.settled', 'delivery.recorded', 'recipient.ended', 'account.blocked'] as const) {
    events.on(name, (said: unknown) => told.push(`${name} ${JSON.stringify(said)}`))
  }
  events.on('engine.failed', ({ during, error }) => told.push(`${during} ${String(error)} ${JSON.stringify(error)}`))
  await stage.drumbeat.tick()
  return { ...stage, pool, schema, redis, prefix, told, sent: channels.sent }
}

it('leaves nothing of a person who is erased, in any table, key or event, and what they closed stays closed', async () => {
  const { drumbeat, acme, ask, handle, clock, pool, schema, redis, prefix, told, sent, errors } = await played()
  await acme.configure({ keepContent: true })
  const steps = {
    text: { kind: 'send', channel: 'sms', template: 'text', next: 'mail' },
    mail: { kind: 'send', channel: 'email', template: 'mail', next: 'news' },
    news: { kind: 'send', channel: 'news', template: 'news', next: 'pause' },
    pause: { kind: 'wait', for: 'P1D', next: 'more' },
    more: { kind: 'send', channel: 'email', template: 'mail', next: 'done' },
    done: { kind: 'exit' },
  } as const
  const entry = { on: { event: 'signed.up' } } as const
  const campaign = await activated(drumbeat, { sequence: { schema: 1, start: 'text', steps }, entry })
  const contact = {
    addresses: { sms: canaries.phone, email: canaries.email, news: canaries.news },
    attributes: { name: canaries.name, secret: canaries.attribute },
    tags: [canaries.tag],
  }
  expect((await ask('PATCH', '/v1/contacts/c1', contact)).ok).toBe(true)
  const said = { contactId: 'c1', event: 'signed.up', data: { note: canaries.event } }
  expect((await ask('POST', '/v1/events', said)).ok).toBe(true)
  for (let round = 0; round < 4; round++) await drumbeat.tick()
  expect([sent.sms, sent.email, sent.news].map(({ length }) => length)).toEqual([1, 1, 1])
  const tested = await ask('POST', '/v1/templates/mail/test-sends', { to: canaries.email, contactId: 'c1' })
  const { ref: testRef } = (await tested.json()) as { readonly ref: string }
  expect([testRef.slice(0, 4), sent.email.length]).toEqual(['tst_', 2])

  // What providers and the person say, in their own words.
  const refs = new Map((await acme.deliveries(campaign)).map((delivery) => [delivery.channel, acme.refOf(delivery)]))
  const status = { MessageSid: `SM${'1'.padStart(32, '0')}`, To: canaries.phone, ErrorMessage: canaries.payload }
  expect(await deliver(handle, 'sms', fromTwilio({ ...status, MessageStatus: 'sent' }, refs.get('sms')))).toBe(200)
  const reply = { MessageSid: `SM${'2'.repeat(32)}`, SmsStatus: 'received', From: canaries.phone, Body: canaries.reply }
  expect(await deliver(handle, 'sms', fromTwilio(reply))).toBe(200)
  const mailEvent = {
    email: canaries.email,
    event: 'spamreport',
    timestamp: begins / 1000,
    sg_event_id: 'e1',
    reason: canaries.payload,
    drumbeat_ref: refs.get('email'),
  }
  expect(await deliver(handle, 'email', fromSendgrid([mailEvent]))).toBe(200)
  const mail = {
    headers: 'Message-ID: <m1@example.com>\nSubject: Re: Hello',
    from: `${canaries.name} <${canaries.email}>`,
    text: canaries.inbound,
    subject: 'Re: Hello',
  }
  expect(await deliver(handle, 'email', await mailThroughSendgrid(mail))).toBe(200)
  const newsEvent = {
    id: 'n1',
    event: 'opened',
    timestamp: begins / 1000,
    recipient: canaries.news,
    'client-info': { note: canaries.payload },
    'user-variables': { drumbeat_ref: refs.get('news') },
  }
  expect(await deliver(handle, 'news', fromMailgun(newsEvent))).toBe(200)
  expect(
    await deliver(handle, 'email', fromSendgrid([{ ...mailEvent, sg_event_id: 'e2', drumbeat_ref: testRef }])),
  ).toBe(200)
  // Nobody knows this delivery yet: it is parked.
  expect(
    await deliver(handle, 'sms', fromTwilio({ ...status, MessageSid: `SM${'3'.repeat(32)}`, MessageStatus: 'sent' })),
  ).toBe(200)
  await drumbeat.tick()

  const before = [...(await everyRow(pool, schema)).values()].join('\n')
  expect(new Set(foundIn(before))).toEqual(new Set(words.filter((word) => word !== canaries.payload)))
  const exported = await (await ask('GET', '/v1/contacts/c1/export?events=signed.up')).text()
  expect(new Set(foundIn(exported))).toEqual(new Set(words.filter((word) => word !== canaries.payload)))

  expect((await ask('DELETE', '/v1/contacts/c1')).status).toBe(204)
  // Late reports and a late mail of somebody whom nobody knows any more.
  expect(await deliver(handle, 'sms', fromTwilio({ ...status, MessageStatus: 'delivered' }, refs.get('sms')))).toBe(200)
  expect(
    await deliver(handle, 'email', await mailThroughSendgrid({ ...mail, headers: 'Message-ID: <m2@example.com>' })),
  ).toBe(200)
  expect(
    await deliver(handle, 'email', fromSendgrid([{ ...mailEvent, sg_event_id: 'e3', drumbeat_ref: testRef }])),
  ).toBe(200)
  clock.advance(2 * 24 * 60 * 60 * 1000)
  for (let round = 0; round < 4; round++) await drumbeat.tick()

  for (const [table, rows] of await everyRow(pool, schema)) expect([table, foundIn(rows)]).toEqual([table, []])
  expect(foundIn(await everyKey(redis, prefix))).toEqual([])
  expect(told.length).toBeGreaterThanOrEqual(3)
  expect(foundIn(told.join('\n'))).toEqual([])
  expect(errors).toEqual([])
  expect(sent.email).toHaveLength(2)

  // The same address, under another id: the complaint still stands.
  await ask('PATCH', '/v1/contacts/c2', { addresses: { email: canaries.email }, attributes: { name: 'New' } })
  await ask('POST', '/v1/events', { contactId: 'c2', event: 'signed.up' })
  for (let round = 0; round < 4; round++) await drumbeat.tick()
  expect(sent.email).toHaveLength(2)
  const again = (await acme.contacts.export('c2')).deliveries.find(({ channel }) => channel === 'email')
  expect([again?.state, again?.reason]).toEqual(['skipped', 'suppressed_complaint'])
}, 60_000)
