import {
  type ContactSource,
  createDrumbeat,
  defineSequence,
  emailTemplate,
  event,
  exit,
  sandboxChannel,
  send,
} from '@drumbeat/core'
import { aMemory, aNewRun } from '@drumbeat/core/testing'
import { postgresStore } from '@drumbeat/store-postgres'
import pg from 'pg'
import { expect, it } from 'vitest'

const backlog = Number(process.env.DRUMBEAT_BACKLOG ?? 5_000)
const heldUpMs = 5_000

/** The host keeps everybody there is. */
const everybody: ContactSource = {
  get: async ({ contactIds }) => contactIds.map((id) => ({ id, ...person, addresses: { email: `${id}@example.com` } })),
  page: async () => ({ contacts: [], next: null }),
}
const person = { zone: 'UTC', locale: null, attributes: {}, tags: [], updatedAt: 0 }

it(
  `a tenant with ${backlog.toLocaleString('en')} due messages does not hold up another tenant's ten for more than 5 s`,
  async () => {
    const schema = `fair_${process.pid}_${Date.now().toString(36)}`
    const pool = new pg.Pool({ connectionString: process.env.DRUMBEAT_TEST_DATABASE_URL ?? '', max: 8 })
    const store = postgresStore({ pool, schema })
    const sentBy: Record<string, number[]> = { big: [], small: [] }
    const channel = sandboxChannel({
      name: 'email',
      answer: ({ to }) => {
        sentBy[to.split('-')[0] ?? '']?.push(Date.now())
        return 'accept'
      },
    })
    const drumbeat = createDrumbeat({
      store,
      contacts: everybody,
      channels: [channel],
      unsubscribeUrl: () => 'https://acme.test/bye',
    })
    try {
      await store.open()
      const enroll = async (workspaceId: 'big' | 'small', count: number) => {
        const workspace = drumbeat.workspace(workspaceId)
        const mail = emailTemplate({ subject: 'Hi', html: '<p>Hi</p><a href="{{unsubscribeUrl}}">Bye</a>' })
        await workspace.templates.publish('mail', mail)
        const { id } = await workspace.campaigns.create({
          name: workspaceId,
          entry: { on: event('in'), again: 'never' },
          sequence: defineSequence({
            start: 'mail',
            steps: { mail: send({ channel: 'email', template: 'mail', next: 'done' }), done: exit() },
          }),
        })
        await workspace.campaigns.activate(id)
        const now = Date.now()
        for (let from = 0; from < count; from += 1_000) {
          const runs = Array.from({ length: Math.min(1_000, count - from) }, (_, n) =>
            aNewRun({ workspaceId, id }, `${workspaceId}-${from + n}`, {
              stepId: 'mail',
              enrolledAt: now,
              dueAt: now,
              visit: 0,
              memory: aMemory({ base: now, since: now }),
            }),
          )
          await store.recipients.enroll({ runs, now })
        }
      }
      await enroll('big', backlog)
      await pool.query('analyze')
      await drumbeat.start()
      await expect.poll(() => sentBy.big?.length, { timeout: 20_000, interval: 20 }).toBeGreaterThan(100)
      await enroll('small', 10)
      const begun = Date.now()
      await expect.poll(() => sentBy.small?.length, { timeout: 60_000, interval: 20 }).toBe(10)
      const took = Math.max(...(sentBy.small ?? [])) - begun
      const left = backlog - (sentBy.big?.length ?? 0)
      console.log(
        `ten messages beside a backlog of ${backlog}: the last after ${took} ms, ${left} of the backlog were left`,
      )
      expect(took).toBeLessThan(heldUpMs)
      // Fair the other way, too: the backlog went on.
      expect(left).toBeLessThan(backlog)
      expect(left).toBeGreaterThan(0)
    } finally {
      await drumbeat.close()
      await pool.query(`drop schema if exists ${schema} cascade`)
      await pool.end()
    }
  },
  60_000 + backlog,
)
