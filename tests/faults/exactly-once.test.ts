import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineSequence, emailTemplate, exit, send } from '@drumbeat/core'
import pg from 'pg'
import { expect, it } from 'vitest'
import { type CountingPlace, countingEngine, workspaceId } from './counting-process.js'
import { startProcess } from './processes.js'

const people = Number(process.env.DRUMBEAT_PEOPLE ?? 2_000)
/** How many engines share the work, one test for each. */
const processes = (process.env.DRUMBEAT_PROCESSES ?? '3').split(',').map(Number)

it.each(processes)(
  'each of many people gets one message, however many engines share the work: %d processes',
  async (count) => {
    const url = process.env.DRUMBEAT_TEST_DATABASE_URL ?? ''
    const folder = mkdtempSync(join(tmpdir(), 'drumbeat-once-'))
    const schema = `once_${process.pid}_${count}`
    const placeOf = (engine: number): CountingPlace => ({ url, schema, calls: join(folder, `calls-${engine}.log`) })
    const engines: ReturnType<typeof startProcess>[] = []
    try {
      const campaignId = await setUp(placeOf(0))
      for (let engine = 0; engine < count; engine++)
        engines.push(startProcess('./counting-process.ts', placeOf(engine)))
      await Promise.all(engines.map((engine) => engine.says('ready')))
      const begun = Date.now()
      await activate(placeOf(0), campaignId)
      await Promise.all(engines.map((engine) => engine.says('done', 60_000 + people * 10)))
      const seconds = (Date.now() - begun) / 1000

      const byEngine = engines.map((_, engine) => callsIn(placeOf(engine)))
      const calls = byEngine.flat()
      console.log(
        `${count} processes: ${calls.length} calls for ${people} people in ${seconds.toFixed(1)} s; by process ` +
          byEngine.map(({ length }) => length).join(' + '),
      )
      expect(calls).toHaveLength(people)
      expect(new Set(calls.map((call) => call.split(' ')[0])).size, 'people called').toBe(people)
      expect(new Set(calls.map((call) => call.split(' ')[1])).size, 'idempotency keys').toBe(people)
      expect(await counted(url, schema)).toEqual({ runs: people, completed: people, sent: people, attempts: people })
      expect(byEngine.filter(({ length }) => length > 0).length, 'engines that took part').toBeGreaterThan(1)
    } finally {
      await Promise.all(engines.map((engine) => engine.kill()))
      rmSync(folder, { recursive: true, force: true })
      await withClient(url, (client) => client.query(`drop schema if exists ${schema} cascade`))
    }
  },
  120_000 + people * 15,
)

/** One mail for everybody. Returns the id of the campaign. */
async function setUp(place: CountingPlace): Promise<string> {
  const { drumbeat, close } = countingEngine(place)
  const workspace = drumbeat.workspace(workspaceId)
  try {
    const mail = emailTemplate({ subject: 'Hello', html: '<p>Hi</p><a href="{{unsubscribeUrl}}">Unsubscribe</a>' })
    await workspace.templates.publish('mail', mail)
    for (let from = 0; from < people; from += 5_000) {
      const length = Math.min(5_000, people - from)
      await workspace.contacts.import(
        Array.from({ length }, (_, n) => ({ id: `c${from + n}`, addresses: { email: `c${from + n}@example.com` } })),
      )
    }
    const { id } = await workspace.campaigns.create({
      name: 'One mail',
      sequence: defineSequence({
        start: 'mail',
        steps: { mail: send({ channel: 'email', template: 'mail', next: 'done' }), done: exit() },
      }),
    })
    return id
  } finally {
    await close()
  }
}

/** From here on the engines work: they take the audience in together, too. */
async function activate(place: CountingPlace, campaignId: string): Promise<void> {
  const { drumbeat, close } = countingEngine(place)
  await drumbeat.workspace(workspaceId).campaigns.activate(campaignId)
  await close()
}

async function counted(url: string, schema: string) {
  const { rows } = await withClient(url, (client) =>
    client.query(
      `select (select count(*)::int from ${schema}.campaign_recipients) as runs,
         (select count(*)::int from ${schema}.campaign_recipients where status = 'completed') as completed,
         (select count(*)::int from ${schema}.campaign_deliveries where state = 'sent') as sent,
         (select sum(attempts)::int from ${schema}.campaign_deliveries) as attempts`,
    ),
  )
  return rows[0]
}

async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function callsIn({ calls }: CountingPlace): readonly string[] {
  return existsSync(calls)
    ? readFileSync(calls, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : []
}
