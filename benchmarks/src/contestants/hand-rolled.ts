import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { DateTime } from 'luxon'
import Mustache from 'mustache'
import pg from 'pg'
import type { Contestant, Place } from '../contestant.js'
import { html, personOf, subject } from '../mail.js'

/**
 * What a competent developer would write in a week: PostgreSQL keeps everything, BullMQ wakes workers up, one row at a time. It has no
 * intent, fence, stop or suppression: less than what it is compared with.
 */
export const contestant: Contestant = {
  async prepare(place, jobs) {
    const people = Math.ceil(jobs / steps)
    await enrollAll(place, people, null)
  },
  async work({ databaseUrl, redisUrl }, done) {
    const pool = new pg.Pool({ connectionString: databaseUrl, max: concurrency })
    const connection = new Redis(redisUrl, { maxRetriesPerRequest: null })
    const queue = new Queue('deliveries', { connection })
    const worker = new Worker<{ deliveryId: number }>(
      'deliveries',
      async ({ data }) => {
        await deliver(pool, queue, data.deliveryId)
        done(1)
      },
      { connection, concurrency, removeOnComplete: { count: 0 } },
    )
    await worker.waitUntilReady()
    return {
      async stop() {
        await worker.close()
        await queue.close()
        connection.disconnect()
        await pool.end()
      },
    }
  },
}

const steps = 4
/** Beyond this it only becomes slower. */
const concurrency = 20

async function deliver(pool: pg.Pool, queue: Queue, deliveryId: number): Promise<void> {
  const { rows } = await pool.query('select * from deliveries where id = $1', [deliveryId])
  const [delivery] = rows
  if (delivery === undefined || delivery.status !== 'scheduled') return
  const step = (await pool.query('select * from steps where position = $1', [delivery.position])).rows[0]
  const contact = (await pool.query('select * from contacts where id = $1', [delivery.contact_id])).rows[0]
  const template = (await pool.query('select * from templates where id = $1', [step.template_id])).rows[0]
  const view = {
    ...contact.attributes,
    workspace: { product: 'Acme' },
    unsubscribeUrl: `https://acme.test/bye/${deliveryId}`,
  }
  const message = {
    to: contact.email,
    subject: Mustache.render(template.subject, view),
    html: Mustache.render(template.html, view),
  }
  const providerId = await send(message, deliveryId)
  await pool.query(`update deliveries set status = 'sent', sent_at = now(), provider_id = $2 where id = $1`, [
    deliveryId,
    providerId,
  ])
  if (delivery.position < steps) {
    await pool.query('update recipients set position = $2, updated_at = now() where id = $1', [
      delivery.recipient_id,
      delivery.position + 1,
    ])
    await schedule(pool, queue, { ...delivery, position: delivery.position + 1 }, new Date())
  } else {
    await pool.query(`update recipients set status = 'completed', updated_at = now() where id = $1`, [
      delivery.recipient_id,
    ])
  }
}

async function send(_message: object, deliveryId: number): Promise<string> {
  return `provider-${deliveryId}`
}

async function schedule(
  pool: pg.Pool,
  queue: Queue,
  delivery: { readonly recipient_id: number; readonly contact_id: string; readonly position: number },
  at: Date,
): Promise<void> {
  const { rows } = await pool.query(
    `insert into deliveries (recipient_id, contact_id, position, status, due_at) values ($1, $2, $3, 'scheduled', $4) returning id`,
    [delivery.recipient_id, delivery.contact_id, delivery.position, at],
  )
  const delay = Math.max(0, at.getTime() - Date.now())
  await queue.add('deliver', { deliveryId: Number(rows[0].id) }, { delay, removeOnComplete: true, attempts: 3 })
}

/** Creates the tables and enrolls people, one by one, twenty at a time. `localTime` null = due at once. Returns the milliseconds of enrolling. */
export async function enrollAll(
  { databaseUrl, redisUrl }: Place,
  people: number,
  localTime: string | null,
): Promise<number> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: concurrency })
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null })
  const queue = new Queue('deliveries', { connection })
  await pool.query(tables)
  await pool.query('insert into templates (id, subject, html) values (1, $1, $2)', [subject, html])
  await pool.query('insert into steps (position, template_id) select n, 1 from generate_series(1, $1::int) n', [steps])
  const contacts = Array.from({ length: people }, (_, index) => personOf(index))
  for (let from = 0; from < people; from += 1_000) {
    await pool.query(
      `insert into contacts (id, email, zone, attributes)
       select id, email, zone, attributes from json_to_recordset($1) as c(id text, email text, zone text, attributes jsonb)`,
      [JSON.stringify(contacts.slice(from, from + 1_000))],
    )
  }
  const startedAt = performance.now()
  const waiting = contacts.values()
  const enrollThem = async (): Promise<void> => {
    for (const contact of waiting) {
      const { rows } = await pool.query(
        `insert into recipients (contact_id, position, status) values ($1, 1, 'active') returning id`,
        [contact.id],
      )
      const recipient = { recipient_id: Number(rows[0].id), contact_id: contact.id, position: 1 }
      await schedule(pool, queue, recipient, localTime === null ? new Date() : nextAt(localTime, contact.zone))
    }
  }
  await Promise.all(Array.from({ length: concurrency }, enrollThem))
  const elapsedMs = performance.now() - startedAt
  await queue.close()
  connection.disconnect()
  await pool.end()
  return elapsedMs
}

function nextAt(localTime: string, zone: string): Date {
  const [hour = 0, minute = 0] = localTime.split(':').map(Number)
  const now = DateTime.now().setZone(zone)
  const today = now.set({ hour, minute, second: 0, millisecond: 0 })
  return (today < now ? today.plus({ days: 1 }) : today).toJSDate()
}

const tables = `
  create table contacts (id text primary key, email text not null, zone text not null, attributes jsonb not null);
  create table templates (id int primary key, subject text not null, html text not null);
  create table steps (position int primary key, template_id int not null references templates);
  create table recipients (
    id bigint generated always as identity primary key,
    contact_id text not null references contacts,
    position int not null,
    status text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );
  create unique index on recipients (contact_id);
  create table deliveries (
    id bigint generated always as identity primary key,
    recipient_id bigint not null references recipients,
    contact_id text not null references contacts,
    position int not null,
    status text not null,
    due_at timestamptz not null,
    sent_at timestamptz,
    provider_id text,
    unique (recipient_id, position)
  );
  create index on deliveries (status, due_at);
  create index on deliveries (provider_id);
`
