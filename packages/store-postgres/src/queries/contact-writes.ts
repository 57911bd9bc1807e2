import { addressKey, ConfigurationError, type ContactInput, type Instant } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { arrayLiteral } from '../sql/array-literal.js'
import { batch } from '../sql/batch.js'
import { jsonb } from '../sql/json.js'
import { keyOf, rounds } from '../sql/rounds.js'
import { instant, int } from '../sql/values.js'

/** A contact's change of a workspace. */
export interface ScopedContact {
  readonly workspaceId: string
  readonly contact: ContactInput
  readonly at: Instant
}

const given = (value: unknown): boolean => value !== undefined

const contactRows = batch<ScopedContact>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  contact_id: ['text', ({ contact }) => contact.id],
  addresses: ['jsonb', ({ contact }) => jsonb(contact.addresses ?? {})],
  zone: ['text', ({ contact }) => contact.zone ?? null],
  has_zone: ['boolean', ({ contact }) => given(contact.zone)],
  locale: ['text', ({ contact }) => contact.locale ?? null],
  has_locale: ['boolean', ({ contact }) => given(contact.locale)],
  attributes: ['jsonb', ({ contact }) => jsonb(contact.attributes ?? {})],
  tags: ['text', ({ contact }) => (contact.tags === undefined ? null : arrayLiteral([...new Set(contact.tags)]))],
  at: ['timestamptz', ({ at }) => instant(at)],
})

const addressRows = batch<{
  readonly workspaceId: string
  readonly contactId: string
  readonly channel: string
  readonly address: string | null
}>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  contact_id: ['text', ({ contactId }) => contactId],
  channel: ['text', ({ channel }) => channel],
  address_key: ['text', ({ address }) => (address === null ? null : addressKey(address))],
})

/** Members set to null are removed; those that are not named stay. */
const merged = (column: string): string =>
  `(select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(c.${column} || t.${column}) where jsonb_typeof(value) <> 'null')`

const withoutNulls = (column: string): string =>
  `(select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(t.${column}) where jsonb_typeof(value) <> 'null')`

/** Creates or merges contacts: what an input does not name stays. Returns how many were new. */
export async function mergeContacts(
  connection: Connection,
  s: string,
  contacts: readonly ScopedContact[],
): Promise<number> {
  for (const { contact } of contacts) checkId(contact)
  let created = 0
  for (const round of rounds(contacts, ({ workspaceId, contact }) => keyOf(workspaceId, contact.id))) {
    const sorted = [...round].sort((a, b) => (a.contact.id < b.contact.id ? -1 : 1))
    created += await mergeRound(connection, s, sorted)
  }
  return created
}

function checkId({ id }: ContactInput): void {
  if (id.length >= 1 && id.length <= 255) return
  throw new ConfigurationError(`A contact's id has ${id.length} characters; it must have 1 to 255.`)
}

async function mergeRound(connection: Connection, s: string, contacts: readonly ScopedContact[]): Promise<number> {
  const t = `(select * from ${contactRows.from('t')}) t`
  const params = contactRows.params(contacts)
  const updated = await connection.query<{ id: string }>(
    `update ${s}.contacts c set
       addresses = ${merged('addresses')},
       attributes = ${merged('attributes')},
       zone = case when t.has_zone then t.zone else c.zone end,
       locale = case when t.has_locale then t.locale else c.locale end,
       tags = coalesce(t.tags::text[], c.tags), updated_at = t.at
     from ${t} where c.workspace_id = t.workspace_id and c.contact_id = t.contact_id returning c.contact_id as id`,
    params,
  )
  const [row] = await connection.query<{ created: number }>(
    `with made as (
       insert into ${s}.contacts as c (workspace_id, contact_id, addresses, zone, locale, attributes, tags, updated_at)
       select t.workspace_id, t.contact_id, ${withoutNulls('addresses')}, t.zone, t.locale, ${withoutNulls('attributes')},
         coalesce(t.tags::text[], '{}'), t.at
       from ${t} on conflict do nothing returning 1)
     select ${int('count(*)')} as created from made`,
    params,
  )
  const created = row?.created ?? 0
  // Somebody created one between both statements: merge again, now over theirs.
  if (created + updated.length < contacts.length) return created + (await mergeRound(connection, s, contacts))
  await writeAddresses(connection, s, contacts)
  return created
}

async function writeAddresses(connection: Connection, s: string, contacts: readonly ScopedContact[]): Promise<void> {
  const rows = contacts.flatMap(({ workspaceId, contact }) =>
    Object.entries(contact.addresses ?? {}).map(([channel, address]) => ({
      workspaceId,
      contactId: contact.id,
      channel,
      address,
    })),
  )
  if (rows.length === 0) return
  await connection.query(
    `delete from ${s}.contact_addresses a using ${addressRows.from('t')}
     where a.workspace_id = t.workspace_id and a.contact_id = t.contact_id and a.channel = t.channel`,
    addressRows.params(rows),
  )
  await connection.query(
    `insert into ${s}.contact_addresses (${addressRows.columns}) select ${addressRows.columns} from ${addressRows.from('t')}
     where t.address_key is not null on conflict do nothing`,
    addressRows.params(rows),
  )
}
