import { randomUUID } from 'node:crypto'
import { ConfigurationError, type Contact, type ContactSource } from '@drumbeat/core'
import { askUnlessAway } from './ask-unless-away.js'
import { checkPrefix } from './check-prefix.js'
import type { RedisConnection } from './connection.js'
import { type ContactGroup, contactGroups } from './contact-keys.js'
import { forgetScript, keepScript, lookUpScript, marks } from './contact-scripts.js'
import { runScript } from './script.js'
import { within } from './time-limit.js'

/** What a cache of contacts is made from. */
export interface CachedContactsOptions {
  /** Where the host keeps its contacts. */
  readonly source: ContactSource
  /** Made with ioredis; a Redis or a Cluster. It stays yours, and is used as it is. */
  readonly connection: RedisConnection
  /** Names this installation's keys, which all begin with it in braces. Default `drumbeat`. */
  readonly prefix?: string
  /** For how long a contact is served without asking the source, if nobody says that it changed. Default 60,000. */
  readonly ttlMs?: number
  /** How long Redis is waited for before the source is asked instead. Default 200. */
  readonly timeoutMs?: number
}

/** Names contacts of one workspace. */
export interface ContactsNamed {
  readonly workspaceId: string
  readonly contactIds: readonly string[]
}

/** A source of contacts that all processes on one Redis share the answers of. */
export interface CachedContacts extends ContactSource {
  /**
   * No `get()` that begins after it has resolved answers what the source said before, in any process. Call it after the change is
   * committed, and before `workspace.contacts.changed()`.
   * @throws {StorageError} that may be tried again, while Redis is away: old answers may then be served until `ttlMs` after they were read.
   */
  changed(contacts: ContactsNamed): Promise<void>
  /**
   * No `get()` that begins after it has resolved answers these contacts, in any process: not from the cache, and for `ttlMs` not from a
   * source that lags behind either. `changed()` lets one of the same id in again.
   * @throws {StorageError} that may be tried again, while Redis is away: they may be served until then.
   */
  erased(contacts: ContactsNamed): Promise<void>
}

/** How long the source may take for its answer to be kept. */
const readingMs = 10_000

/**
 * Keeps what a source says of contacts in Redis. An answer that was read before a change is never kept after it: who reads puts a mark
 * of its own, which `changed()` and `erased()` take away, and keeps its answer only where the mark still stands. While Redis is
 * away, and where it fails, the source is asked. Pages are not cached, and contacts that do not exist are not either.
 * @throws {ConfigurationError} when an option cannot work.
 */
export function cachedContacts(options: CachedContactsOptions): CachedContacts {
  checkOptions(options)
  const { source, connection, prefix = 'drumbeat', ttlMs = 60_000, timeoutMs = 200 } = options
  const ask = askUnlessAway('contacts', timeoutMs)

  /** Null = Redis is away. Otherwise what each key holds, '' = being read by us now. */
  const lookUp = (groups: readonly ContactGroup[], mark: string) =>
    ask(() => Promise.all(groups.map(({ keys }) => runScript(connection, lookUpScript, keys, [mark, readingMs]))))

  /** Not waited for: the answer is in hand. */
  function keep(groups: readonly ContactGroup[], mark: string, byId: ReadonlyMap<string, Contact>): void {
    const writes = groups.flatMap(({ contactIds, keys }) => {
      const found = contactIds.flatMap((id, index) => {
        const contact = byId.get(id)
        return contact === undefined ? [] : [{ key: keys[index] ?? '', value: marks.contact + JSON.stringify(contact) }]
      })
      return found.length === 0 ? [] : [found]
    })
    if (writes.length === 0) return
    const write = (found: (typeof writes)[number]) =>
      runScript(
        connection,
        keepScript,
        found.map(({ key }) => key),
        [mark, ttlMs, ...found.map(({ value }) => value)],
      )
    void ask(() => Promise.all(writes.map(write)))
  }

  async function forget(contacts: ContactsNamed, leaving: string): Promise<void> {
    const forgetting = contactGroups(prefix, contacts).map(({ keys }) =>
      runScript(connection, forgetScript, keys, [leaving, ttlMs]),
    )
    await within(timeoutMs, 'forgetting contacts', Promise.all(forgetting))
  }

  return {
    async get(request) {
      const mark = marks.reading + randomUUID()
      const groups = contactGroups(prefix, request)
      const held = await lookUp(groups, mark)
      if (held === null) return source.get(request)
      const known = readAll(groups, held)
      if (known.missing.length === 0) return known.contacts
      const read = await source.get({ ...request, contactIds: known.missing })
      keep(groups, mark, new Map(read.map((contact) => [contact.id, contact])))
      return [...known.contacts, ...read]
    },
    page: (request) => source.page(request),
    changed: (contacts) => forget(contacts, ''),
    erased: (contacts) => forget(contacts, marks.erased),
  }
}

/** Of what the keys hold, the contacts, and the ids that the source has to be asked for. */
function readAll(groups: readonly ContactGroup[], held: readonly unknown[]) {
  const contacts: Contact[] = []
  const missing: string[] = []
  groups.forEach(({ contactIds }, group) => {
    const values = held[group] as readonly unknown[]
    contactIds.forEach((contactId, index) => {
      const value = String(values[index] ?? '')
      if (value === marks.erased) return
      const contact = contactIn(value, contactId)
      if (contact === null) missing.push(contactId)
      else contacts.push(contact)
    })
  })
  return { contacts, missing }
}

/** Null = it holds none of that id, or nothing that this build understands. */
function contactIn(value: string, contactId: string): Contact | null {
  if (!value.startsWith(marks.contact)) return null
  try {
    const contact: Contact | null = JSON.parse(value.slice(marks.contact.length))
    return contact?.id === contactId ? contact : null
  } catch {
    return null
  }
}

function checkOptions({ source, connection, prefix = 'drumbeat', ...times }: CachedContactsOptions): void {
  if (typeof source?.get !== 'function' || typeof source.page !== 'function')
    throw new ConfigurationError(
      'cachedContacts() needs a source with get() and page(): what you would pass to createDrumbeat() as `contacts`.',
    )
  if (typeof connection?.evalsha !== 'function')
    throw new ConfigurationError(
      'cachedContacts() needs a connection made with ioredis: cachedContacts({ source, connection: new Redis(url) }).',
    )
  checkPrefix(prefix)
  for (const name of ['ttlMs', 'timeoutMs'] as const) {
    const ms = times[name] ?? 1
    if (Number.isInteger(ms) && ms >= 1) continue
    throw new ConfigurationError(`${name} is ${JSON.stringify(ms)}; give whole milliseconds, 1 or more.`)
  }
}
