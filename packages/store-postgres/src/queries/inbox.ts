import {
  type ContactEvent,
  contactKey,
  type Fact,
  type InboxItem,
  type InboxStore,
  type JsonObject,
  type Recipient,
} from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { arrayLiteral } from '../sql/array-literal.js'
import { batch } from '../sql/batch.js'
import { byIndex } from '../sql/by-index.js'
import { fromJson } from '../sql/json.js'
import { int, ms } from '../sql/values.js'
import type { QueryContext } from './context.js'
import { appendChanged, appendEvents } from './inbox-writes.js'
import { ingest } from './ingest.js'
import { appendReports } from './reports.js'
import { type RunRow, runColumns, runOf } from './run-rows.js'

const mostEvents = 1000

const eventQueries = batch<Parameters<InboxStore['events']>[0][number] & { readonly name: string }>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  contact_id: ['text', ({ contactId }) => contactId],
  name: ['text', ({ name }) => name],
})

interface ItemRow {
  readonly seq: number
  readonly workspaceId: string
  readonly contactId: string
  readonly receivedAt: number
  readonly kind: InboxItem['kind']
  readonly deliveryId: number | null
  readonly facts: string | null
  readonly id: string | null
  readonly name: string | null
  readonly at: number | null
  readonly data: string | null
}

/** Events, reports and contact changes, in the order of their arrival. */
export function inboxQueries(context: QueryContext): InboxStore {
  const { database, s } = context
  return {
    append: ({ workspaceId, events, now, tx }) =>
      database.write(
        async (connection) => ({
          appended: await appendEvents(
            connection,
            s,
            events.map((event) => ({ workspaceId, event })),
            now,
          ),
        }),
        { tx },
      ),
    appendReports: appendReports(context),
    contactsChanged: ({ workspaceId, contactIds, now, tx }) =>
      database.write(
        (connection) =>
          appendChanged(
            connection,
            s,
            contactIds.map((contactId) => ({ workspaceId, contactId })),
            now,
          ),
        { tx },
      ),
    async peek({ limit }) {
      await numberArrivals(context)
      const rows = await database.readByKey<ItemRow>(oldestItems(s), [limit])
      const items = rows.map(itemOf)
      const runs = await liveRuns(context, items)
      return { items, runs }
    },
    ingest: (contacts) => ingest(context, contacts),
    async events(queries) {
      const found = new Map<string, ContactEvent[]>(queries.map((query) => [contactKey(query), []]))
      const wanted = queries.flatMap((query) => [...new Set(query.names)].map((name) => ({ ...query, name })))
      if (wanted.length === 0) return found
      await numberArrivals(context)
      const rows = await database.readByKey<Omit<ContactEvent, 'data'> & { workspaceId: string; data: string }>(
        `select ${int('e.seq')} as seq, e.event_id as id, e.workspace_id as "workspaceId", e.contact_id as "contactId", e.name,
           ${ms('e.at')} as at, e.data::text as data
         from ${eventQueries.from('t')} cross join lateral (
           select * from ${s}.events e
           where e.workspace_id = t.workspace_id and e.contact_id = t.contact_id and e.name = t.name and e.seq is not null
           order by e.seq desc limit ${mostEvents}) e
         order by e.seq`,
        eventQueries.params(wanted),
      )
      for (const { workspaceId, data, ...event } of rows) {
        found
          .get(contactKey({ workspaceId, contactId: event.contactId }))
          ?.push({ ...event, data: fromJson<JsonObject>(data) })
      }
      return found
    },
  }
}

/**
 * Events in the order of their numbers, reports and changes in that of theirs, and both among each other as they arrived: an event has its
 * number later, and must not fall behind what came after it.
 */
const oldestItems = (s: string): string => `
  with oldest as (
    (select seq from ${s}.inbox where seq is not null order by seq limit $1::int)
    union (select seq from ${s}.inbox where kind = 'event' and seq is not null order by seq limit $1::int))
  select ${int('i.seq')} as seq, i.workspace_id as "workspaceId", i.contact_id as "contactId",
    ${ms('i.received_at')} as "receivedAt", i.kind, ${int('i.delivery_id')} as "deliveryId", i.facts::text as facts,
    e.event_id as id, e.name, ${ms('e.at')} as at, e.data::text as data
  from oldest join ${s}.inbox i using (seq) left join ${s}.events e on e.workspace_id = i.workspace_id and e.event_id = i.event_id
  order by max(i.id) over (partition by i.kind = 'event' order by i.seq), i.seq limit $1::int`

/** Arrivals that are given their places in one statement. */
const arrivalsAtOnce = 5_000

/**
 * Gives events their place in the order of ingestion, once they can be seen: transactions do not commit in the order in which they
 * began, and a number given at insertion would let a later commit slip in behind what has been looked at.
 */
async function numberArrivals({ database, s }: QueryContext): Promise<void> {
  for (;;) {
    const [found] = await database.read<{ some: boolean }>(
      `select exists(select from ${s}.inbox where seq is null) as some`,
    )
    if (found?.some !== true) return
    const placed = await database.write((connection) => number(connection, s))
    if (placed < arrivalsAtOnce) return
  }
}

async function number(connection: Connection, s: string): Promise<number> {
  const [row] = await connection.query<{ placed: number }>(
    `with arrivals as materialized (
       select id from ${s}.inbox where seq is null order by id limit ${arrivalsAtOnce} for update),
     places as materialized (select id, nextval('${s}.inbox_seqs') as seq from (select id from arrivals order by id) a),
     placed as (
       update ${s}.inbox i set seq = p.seq from places p where i.id = p.id returning i.workspace_id, i.event_id, i.seq),
     told as (
       update ${s}.events e set seq = p.seq from placed p where e.workspace_id = p.workspace_id and e.event_id = p.event_id)
     select ${int('count(*)')} as placed from placed`,
  )
  return row?.placed ?? 0
}

function itemOf(row: ItemRow): InboxItem {
  const { seq, workspaceId, contactId, receivedAt, kind } = row
  if (kind === 'report') {
    const facts = fromJson<readonly Fact[]>(row.facts ?? '[]')
    return { seq, workspaceId, contactId, receivedAt, kind, deliveryId: row.deliveryId ?? 0, facts }
  }
  if (kind === 'contact_changed') return { seq, workspaceId, contactId, receivedAt, kind }
  const event = {
    seq,
    id: row.id ?? '',
    contactId,
    name: row.name ?? '',
    at: row.at ?? receivedAt,
    data: fromJson<JsonObject>(row.data ?? '{}'),
  }
  return { seq, workspaceId, contactId, receivedAt, kind, event }
}

async function liveRuns({ database, s }: QueryContext, items: readonly InboxItem[]): Promise<readonly Recipient[]> {
  if (items.length === 0) return []
  const keys = [...new Map(items.map((item) => [contactKey(item), item])).values()]
  const rows = await database.readByKey<RunRow>(
    `select ${runColumns} from unnest($1::text[], $2::text[]) as t(workspace_id, contact_id) ${byIndex(
      `select r.* from ${s}.campaign_entries e join ${s}.campaign_recipients r on r.id = e.recipient_id
       where e.workspace_id = t.workspace_id and e.contact_id = t.contact_id and r.status = 'active'`,
      'r',
    )} join ${s}.lanes l on l.id = r.lane order by r.id`,
    [arrayLiteral(keys.map(({ workspaceId }) => workspaceId)), arrayLiteral(keys.map(({ contactId }) => contactId))],
  )
  return rows.map(runOf)
}
