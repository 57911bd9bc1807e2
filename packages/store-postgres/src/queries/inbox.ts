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
      const rows = await database.read<ItemRow>(
        `select ${int('i.seq')} as seq, i.workspace_id as "workspaceId", i.contact_id as "contactId",
           ${ms('i.received_at')} as "receivedAt", i.kind, ${int('i.delivery_id')} as "deliveryId", i.facts::text as facts,
           e.event_id as id, e.name, ${ms('e.at')} as at, e.data::text as data
         from ${s}.inbox i left join ${s}.events e on e.workspace_id = i.workspace_id and e.event_id = i.event_id
         where i.seq is not null order by i.seq limit $1::int`,
        [limit],
      )
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
 * Gives arrivals their place in the order of ingestion, once they can be seen: transactions do not commit in the order in which they
 * began, and a number given at insertion would let a later commit slip in behind what has been looked at.
 */
async function numberArrivals({ database, s }: QueryContext): Promise<void> {
  const [found] = await database.read<{ some: boolean }>(
    `select exists(select from ${s}.inbox where seq is null) as some`,
  )
  if (found?.some !== true) return
  await database.write((connection) => number(connection, s))
}

async function number(connection: Connection, s: string): Promise<void> {
  await connection.query(
    `with arrivals as materialized (select id from ${s}.inbox where seq is null order by id for update),
     places as materialized (select id, nextval('${s}.inbox_seqs') as seq from (select id from arrivals order by id) a),
     placed as (
       update ${s}.inbox i set seq = p.seq from places p where i.id = p.id and i.seq is null
       returning i.workspace_id, i.event_id, i.seq)
     update ${s}.events e set seq = p.seq from placed p where e.workspace_id = p.workspace_id and e.event_id = p.event_id`,
  )
}

function itemOf(row: ItemRow): InboxItem {
  const { seq, workspaceId, contactId, receivedAt, kind } = row
  const item = { seq, workspaceId, contactId, receivedAt }
  if (kind === 'report') {
    return { ...item, kind, deliveryId: row.deliveryId ?? 0, facts: fromJson<readonly Fact[]>(row.facts ?? '[]') }
  }
  if (kind === 'contact_changed') return { ...item, kind }
  const event = {
    seq,
    id: row.id ?? '',
    contactId,
    name: row.name ?? '',
    at: row.at ?? receivedAt,
    data: fromJson<JsonObject>(row.data ?? '{}'),
  }
  return { ...item, kind, event }
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
