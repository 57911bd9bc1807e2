import { addressKey, type ContactStore, contactKey, type InboxStore } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { batch } from '../sql/batch.js'
import { byIndex } from '../sql/by-index.js'
import { audienceQueries } from './audience.js'
import { type ContactRow, contactColumns, contactOf } from './contact-rows.js'
import { mergeContacts } from './contact-writes.js'
import type { QueryContext } from './context.js'
import { eraseContact } from './erase.js'
import { appendChanged, appendEvents } from './inbox-writes.js'
import { appendOutbox } from './outbox-writes.js'
import { areNewCauses, changePermissions, readPermissions } from './permissions.js'

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
    ...audienceQueries(context, events),
    async byAddress({ workspaceId, channel, address }) {
      const rows = await database.read<ContactRow>(
        `select ${contactColumns} from ${s}.contact_addresses a join ${s}.contacts c using (workspace_id, contact_id)
         where a.workspace_id = $1 and a.channel = $2 and a.address_key = $3 order by c.contact_id`,
        [workspaceId, channel, addressKey(address)],
      )
      return rows.map(contactOf)
    },
    permissions: (keys) => readPermissions(byKey(database), s, keys),
    changePermissions: ({ workspaceId, changes, now, once = [], events: told = [], outbox }) =>
      database.write(async (connection) => {
        context.clock.named(now)
        if (once.length > 0 && !(await areNewCauses(connection, s, workspaceId, once))) return
        await changePermissions(
          connection,
          s,
          changes.map((change) => ({ workspaceId, change })),
        )
        await appendEvents(
          connection,
          s,
          told.map((event) => ({ workspaceId, event })),
          now,
        )
        await appendOutbox(context, connection, [{ workspaceId, outbox }])
      }),
    erase: (request) => database.write((connection) => eraseContact(context, connection, request)),
  }
}

/** Each statement on its own. */
function byKey(database: QueryContext['database']): Connection['query'] {
  return (text, params = []) => database.readByKey(text, params)
}
