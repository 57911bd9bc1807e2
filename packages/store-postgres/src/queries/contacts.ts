import {
  addressKey,
  asksFor,
  type Condition,
  type Contact,
  type ContactEvent,
  type ContactStore,
  contactKey,
  evaluate,
  type InboxStore,
  type JsonObject,
  minInstant,
  type Permissions,
} from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { batch } from '../sql/batch.js'
import { byIndex } from '../sql/by-index.js'
import { fromJson } from '../sql/json.js'
import { ms } from '../sql/values.js'
import { mergeContacts } from './contact-writes.js'
import type { QueryContext } from './context.js'
import { eraseContact } from './erase.js'
import { appendChanged } from './inbox-writes.js'
import { limitOf } from './page.js'
import { changePermissions, readPermissions } from './permissions.js'

interface ContactRow {
  readonly workspaceId: string
  readonly id: string
  readonly addresses: string
  readonly zone: string | null
  readonly locale: string | null
  readonly attributes: string
  readonly tags: string
  readonly updatedAt: number
}

const contactColumns = `c.workspace_id as "workspaceId", c.contact_id as id, c.addresses::text as addresses, c.zone, c.locale,
  c.attributes::text as attributes, array_to_json(c.tags)::text as tags, ${ms('c.updated_at')} as "updatedAt"`

const contactRows = batch<{ readonly workspaceId: string; readonly contactId: string }>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  contact_id: ['text', ({ contactId }) => contactId],
})

/** Contacts that the store keeps, and the permissions of all contacts. `events` reads what audiences may ask for. */
export function contactQueries(context: QueryContext, events: InboxStore['events']): ContactStore {
  const { database, s } = context
  return {
    upsert: ({ workspaceId, contacts, now, tx }) =>
      database.write(
        async (connection) => {
          const created = await mergeContacts(
            connection,
            s,
            contacts.map((contact) => ({ workspaceId, contact, at: now })),
          )
          await appendChanged(
            connection,
            s,
            contacts.map(({ id }) => ({ workspaceId, contactId: id })),
            now,
          )
          return { created, updated: contacts.length - created }
        },
        { tx },
      ),
    async get(keys) {
      const rows = await database.readByKey<ContactRow>(
        `select ${contactColumns} from ${contactRows.from('t')} ${byIndex(
          `select * from ${s}.contacts c where c.workspace_id = t.workspace_id and c.contact_id = t.contact_id`,
          'c',
        )}`,
        contactRows.params([...new Map(keys.map((key) => [contactKey(key), key])).values()]),
      )
      return rows.map((row) => ({ ...contactOf(row), workspaceId: row.workspaceId }))
    },
    async page(request) {
      const limit = limitOf(request)
      const { workspaceId, where } = request
      const found: Contact[] = []
      let after = request.after ?? null
      for (;;) {
        const rows = await database.read<ContactRow>(
          `select ${contactColumns} from ${s}.contacts c where c.workspace_id = $1 and ($2::text is null or c.contact_id > $2)
           order by c.contact_id limit $3::int`,
          [workspaceId, after, Math.max(limit, 500) + 1],
        )
        const contacts = rows.slice(0, Math.max(limit, 500)).map(contactOf)
        const matching =
          where === null ? new Set(contacts) : await satisfying(context, events, workspaceId, contacts, where)
        for (const [index, contact] of contacts.entries()) {
          if (matching.has(contact)) found.push(contact)
          if (found.length < limit) continue
          const more = index + 1 < rows.length
          return { contacts: found, next: more ? contact.id : null }
        }
        if (rows.length <= contacts.length) return { contacts: found, next: null }
        after = contacts.at(-1)?.id ?? null
      }
    },
    async byAddress({ workspaceId, channel, address }) {
      const rows = await database.read<ContactRow>(
        `select ${contactColumns} from ${s}.contact_addresses a join ${s}.contacts c using (workspace_id, contact_id)
         where a.workspace_id = $1 and a.channel = $2 and a.address_key = $3 order by c.contact_id`,
        [workspaceId, channel, addressKey(address)],
      )
      return rows.map(contactOf)
    },
    permissions: (keys) => readPermissions(byKey(database), s, keys),
    changePermissions: async ({ workspaceId, changes }) => {
      await database.write((connection) =>
        changePermissions(
          connection,
          s,
          changes.map((change) => ({ workspaceId, change })),
        ),
      )
    },
    erase: (request) => database.write((connection) => eraseContact(context, connection, request)),
  }
}

/** Those of a page that satisfy a condition, judged by the one evaluator, with one query for the events and one for the consents it asks for. */
async function satisfying(
  { database, s }: QueryContext,
  events: InboxStore['events'],
  workspaceId: string,
  contacts: readonly Contact[],
  where: Condition,
): Promise<ReadonlySet<Contact>> {
  const needs = asksFor(where)
  const names = needs.events.map(({ name }) => name)
  const keys = contacts.map(({ id }) => ({ workspaceId, contactId: id }))
  const happened: ReadonlyMap<string, readonly ContactEvent[]> =
    names.length === 0 ? new Map() : await events(keys.map((key) => ({ ...key, names })))
  const permissions: ReadonlyMap<string, Permissions> =
    needs.consents.length === 0
      ? new Map()
      : await readPermissions(
          byKey(database),
          s,
          keys.map((key) => ({ ...key, addresses: {} })),
        )
  return new Set(
    contacts.filter((contact) => {
      const key = contactKey({ workspaceId, contactId: contact.id })
      return evaluate(where, {
        contact,
        consents: permissions.get(key)?.consents ?? [],
        events: happened.get(key) ?? [],
        deliveries: [],
        arms: {},
        trigger: null,
        replies: {},
        enrolledAt: minInstant,
        stepEnteredAt: minInstant,
      })
    }),
  )
}

/** Each statement on its own. */
function byKey(database: QueryContext['database']): Connection['query'] {
  return (text, params = []) => database.readByKey(text, params)
}

function contactOf({ workspaceId: _, addresses, attributes, tags, ...rest }: ContactRow): Contact {
  return {
    ...rest,
    addresses: fromJson<Record<string, string>>(addresses),
    attributes: fromJson<JsonObject>(attributes),
    tags: fromJson<readonly string[]>(tags),
  }
}
