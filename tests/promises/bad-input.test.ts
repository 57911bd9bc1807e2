import {
  type CampaignInput,
  ConfigurationError,
  createDrumbeat,
  defineSequence,
  exit,
  isDrumbeatError,
  StorageError,
  type Store,
  sandboxChannel,
  send,
  type WorkspaceSettings,
  wait,
} from '@drumbeat/core'
import { memoryStore } from '@drumbeat/store-memory'
import { postgresStore } from '@drumbeat/store-postgres'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { stores } from '../acceptance/stores.js'
import { person, promiseStage } from './stage.js'

const done = exit()
const oneMail = defineSequence({
  start: 'mail',
  steps: { mail: send({ channel: 'email', template: 'mail', next: 'done' }), done },
})

async function refused(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'it was accepted',
    (error: unknown) => error,
  )
}

describe('a zone that is none', () => {
  it('of a contact is told with the import, the contact is taken, and the next zone counts', async () => {
    const { acme } = await promiseStage()
    const report = await acme.contacts.import([person('ana', { zone: 'Mars/Base' }), person('bo')])
    expect(report).toEqual({
      created: 2,
      updated: 0,
      problems: [{ contactId: 'ana', problem: expect.stringContaining('"Mars/Base" is no IANA zone') as string }],
    })
    expect(await refused(acme.contacts.upsert(person('cy', { zone: 'CEST+2' })))).toBeInstanceOf(ConfigurationError)
    await expect(acme.contacts.get('cy')).rejects.toMatchObject({ code: 'not_found' })
  })

  const settings: readonly (readonly [part: string, change: Partial<WorkspaceSettings>, message: string])[] = [
    ['the zone', { zone: 'Berlin' }, '"Berlin" is no IANA zone'],
    ['a rule', { rules: { sms: { quietHours: '21:00-08:00', zone: { fixed: 'Berlin' } } } }, 'Rules for "sms"'],
    ['quiet hours', { rules: { '*': { quietHours: '9-5' } } }, 'Rules for "*"'],
    ['a cap', { caps: [{ max: 1, per: 'a day', outside: 'skip' }] }, 'Cap 1: '],
    ['the number of a cap', { caps: [{ max: -1, per: 'P1D', outside: 'skip' }] }, 'max is -1; give a whole number'],
    ['a calendar', { calendars: { work: { weekend: [], holidays: ['2026-02-30'] } } }, 'Calendar "work"'],
    ['consent', { consent: { sms: { marketing: 'yes' as never } } }, 'it may be "granted"'],
    ['the gap', { lateGapMs: -1 }, 'lateGapMs is -1'],
  ]

  it.each(settings)('%s of a workspace is refused by its name, and nothing is changed', async (_, change, message) => {
    const { acme } = await promiseStage()
    const before = await acme.settings()
    expect(await refused(acme.configure({ ...change, keepContent: true }))).toMatchObject({
      code: 'configuration',
      message: expect.stringContaining(message) as string,
    })
    expect(await acme.settings()).toEqual(before)
  })

  const campaigns: readonly (readonly [part: string, input: Partial<CampaignInput>, message: string])[] = [
    ['the zone', { zone: 'Berlin' }, 'no IANA zone'],
    ['a rule', { rules: { sms: { zone: { fixed: 'Berlin' } } } }, 'Rules for "sms"'],
    ['a cap', { caps: [{ max: 1, per: 'P1M', outside: 'defer' }] }, 'Cap 1: '],
    ['the audience', { audience: { attribute: 'plan', op: 'equals', value: 1 } as never }, 'The condition'],
    ['an exit', { exitOn: { nonsense: true } as never }, 'The condition'],
    ['the time of an entry', { entry: { date: 'birthday', time: '25:00' } }, 'entry.time is not a time of day'],
    ['the offset of an entry', { entry: { date: 'birthday', time: '09:00', offset: 'soon' } }, '"soon"'],
  ]

  it.each(campaigns)('%s of a campaign is refused by its name, and nothing is stored', async (_, input, message) => {
    const { acme } = await promiseStage()
    const error = await refused(acme.campaigns.create({ name: 'Bad', sequence: oneMail, ...input }))
    expect(isDrumbeatError(error)).toBe(true)
    expect(error).toMatchObject({ message: expect.stringContaining(message) as string })
    expect(await acme.campaigns.list()).toEqual([])
  })

  it('of a wait blocks publishing', async () => {
    const { acme } = await promiseStage()
    const steps = { day: { kind: 'wait', for: 'P1D', zone: { fixed: 'Berlin' }, next: 'done' }, done } as const
    const { id } = await acme.campaigns.create({ name: 'Bad', sequence: { schema: 1, start: 'day', steps } })
    const error = await refused(acme.campaigns.activate(id))
    expect(error).toMatchObject({
      code: 'sequence_invalid',
      message: expect.stringContaining('"day"') as string,
      issues: [{ fix: expect.stringContaining('"Berlin"') as string }],
    })
  })
})

describe('a template that is not there', () => {
  it('blocks publishing, with the step and a fix; a version that is not there does too', async () => {
    const { acme } = await promiseStage()
    for (const template of ['mial', { id: 'mail', version: 9 }]) {
      const sequence = defineSequence({
        start: 'mail',
        steps: { mail: send({ channel: 'email', template, next: 'done' }), done },
      })
      const { id } = await acme.campaigns.create({ name: 'Bad', sequence })
      const error = await refused(acme.campaigns.activate(id))
      expect(error).toMatchObject({ code: 'sequence_invalid', message: expect.stringContaining('"mail"') as string })
      expect((await acme.campaigns.get(id)).status).toBe('draft')
    }
  })

  it('when it is gone at the time of sending, is a recorded skip; the run and its neighbors go on', async () => {
    const store = memoryStore()
    let isGone = false
    const templates = {
      ...store.templates,
      get: async (keys: Parameters<Store['templates']['get']>[0]) => (isGone ? [] : store.templates.get(keys)),
    }
    const stage = await promiseStage({
      store: {
        ...store,
        open: () => store.open(),
        close: () => store.close(),
        transaction: (work) => store.transaction(work),
        templates,
      },
    })
    const sequence = defineSequence({
      start: 'mail',
      steps: {
        mail: send({ channel: 'email', template: 'mail', next: 'hour' }),
        hour: wait({ for: 'PT1H', next: 'again' }),
        again: send({ channel: 'email', template: 'mail', next: 'done' }),
        done,
      },
    })
    const campaignId = await stage.campaign(sequence)
    await stage.acme.contacts.import([person('ana')])
    await stage.acme.enroll(campaignId, 'ana')
    isGone = true
    await stage.drumbeat.tick()
    isGone = false
    await stage.playTo('2026-03-06T17:00Z')
    const deliveries = await stage.acme.deliveries(campaignId)
    expect(deliveries.map(({ stepId, state, reason }) => `${stepId} ${state} ${reason}`)).toEqual([
      'mail skipped template_missing',
      'again sent null',
    ])
  })
})

describe.each(Object.entries(stores))('on %s', (_name, open) => {
  it('a value that a message needs and a contact lacks is a recorded skip, and everybody else gets theirs', async () => {
    const { store, close } = await open()
    try {
      const stage = await promiseStage({ store })
      const campaignId = await stage.campaign(oneMail)
      const people = [person('ana'), person('nameless', { attributes: {} }), person('bo')]
      await stage.acme.contacts.import(people)
      await stage.acme.enroll(
        campaignId,
        people.map(({ id }) => id),
      )
      await stage.drumbeat.tick()
      expect([...stage.sent()].sort()).toEqual(['email ana@example.com', 'email bo@example.com'])
      const skipped = await stage.acme.deliveries(campaignId, { states: ['skipped'] })
      expect(skipped).toMatchObject([{ contactId: 'nameless', reason: 'missing_token:name', attempts: 0 }])
      const runs = await stage.acme.recipients(campaignId)
      expect(runs.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed'])
    } finally {
      await close()
    }
  })

  it('a closed store is told as such by every way in', async () => {
    const { store, close } = await open()
    const { acme, drumbeat } = await promiseStage({ store })
    await close()
    for (const call of [
      () => acme.track({ contactId: 'ana', event: 'a' }),
      () => acme.contacts.import([person('ana')]),
      () => acme.emergencyStop(),
      () => drumbeat.tick(),
    ])
      expect(await refused(call())).toBeInstanceOf(StorageError)
  })
})

describe('a database that goes away', () => {
  it('fails with a typed error that may be retried, and the engine goes on by itself when it comes back', async () => {
    const pool = new pg.Pool({ connectionString: databaseUrl(), max: 4 })
    const schema = `away_${process.pid}`
    let isAway = false
    const away = () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
    const cut = new Proxy(pool, {
      get(target, name) {
        if (isAway && (name === 'connect' || name === 'query')) return away
        const member: unknown = Reflect.get(target, name)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
    const email = sandboxChannel({ name: 'email' })
    const drumbeat = createDrumbeat({
      store: postgresStore({ pool: cut, schema }),
      channels: [email],
      settings: { pollMs: 20 },
    })
    const failures: unknown[] = []
    drumbeat.events.on('engine.failed', ({ error }) => failures.push(error))
    try {
      const acme = drumbeat.workspace('acme')
      await acme.templates.publish('mail', {
        channel: 'email',
        content: { kind: 'email', subject: 'Hi', html: '<p>Hi {{unsubscribeUrl}}</p>' },
        fallbacks: { unsubscribeUrl: 'https://acme.test/bye' },
      })
      const { id } = await acme.campaigns.create({ name: 'Away', sequence: oneMail, entry: { when: 'api' } })
      await acme.campaigns.activate(id)
      await acme.contacts.import([person('ana'), person('bo')])
      await drumbeat.start()
      await acme.enroll(id, 'ana')
      await until(() => email.messages.length === 1)
      isAway = true
      await until(() => failures.length > 0)
      expect(failures.every((error) => error instanceof StorageError && error.retryable)).toBe(true)
      expect(await refused(acme.enroll(id, 'bo'))).toMatchObject({ code: 'storage', retryable: true })
      isAway = false
      await acme.enroll(id, 'bo')
      await until(() => email.messages.length === 2)
      expect(email.messages.map(({ to }) => to)).toEqual(['ana@example.com', 'bo@example.com'])
    } finally {
      isAway = false
      await drumbeat.close()
      await pool.query(`drop schema if exists ${schema} cascade`)
      await pool.end()
    }
  })

  it('a pool that was ended, and sessions that are cut, are told apart', async () => {
    const admin = new pg.Pool({ connectionString: databaseUrl(), max: 1 })
    const pool = new pg.Pool({ connectionString: databaseUrl(), max: 2, application_name: `cut_${process.pid}` })
    pool.on('error', () => {})
    const schema = `cut_${process.pid}`
    try {
      const stage = await promiseStage({ store: postgresStore({ pool, schema, clock: 'caller' }) })
      const { acme } = stage
      await admin.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid()',
        [`cut_${process.pid}`],
      )
      // The pool may have noticed, or not: either it works with a new session, or it says that this may be tried again.
      const first = await refused(acme.track({ contactId: 'ana', event: 'a' }))
      if (first !== 'it was accepted') expect(first).toMatchObject({ code: 'storage', retryable: true })
      expect(await acme.track({ contactId: 'ana', event: 'b' })).toBe(true)
      await pool.end()
      expect(await refused(acme.track({ contactId: 'ana', event: 'c' }))).toMatchObject({
        code: 'storage',
        retryable: false,
        message: expect.stringContaining('closed by the host') as string,
      })
    } finally {
      await admin.query(`drop schema if exists ${schema} cascade`)
      await admin.end()
    }
  })
})

function databaseUrl(): string {
  const url = process.env.DRUMBEAT_TEST_DATABASE_URL
  if (url === undefined) throw new Error('These tests need a PostgreSQL server. Run them with `npm test`.')
  return url
}

/** Waits for what a running engine does in real time, at most ten seconds. */
async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 10) {
    if (waited > 10_000) throw new Error('It did not come true within ten seconds.')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
