import {
  ConfigurationError,
  type Contact,
  type ContactInput,
  type ContactStore,
  contactKey,
  evaluate,
  type Instant,
  type Permissions,
} from '@drumbeat/core'
import { bucketKey, suppressionsAt } from './addresses.js'
import { contactsAfter, factsOf } from './audience.js'
import type { Call } from './call.js'
import { eraseContact } from './erase.js'
import { keyOf } from './keys.js'
import { appendChanged, appendEvent } from './memory-inbox.js'
import { changePermission } from './memory-permissions.js'
import { appendOutbox } from './outbox.js'
import { limitOf } from './page.js'
import type { State } from './state.js'

/** Contacts, and the permissions of all contacts. */
export function memoryContacts(state: State, call: Call): ContactStore {
  return {
    upsert: (request) =>
      call(request, () => {
        const { workspaceId, contacts, now } = request
        const created = contacts.filter((input) => mergeContact(state, workspaceId, input, now) === 'created').length
        appendChanged(
          state,
          workspaceId,
          contacts.map(({ id }) => id),
          now,
        )
        return { created, updated: contacts.length - created }
      }),
    get: (keys) => call({}, () => keys.flatMap((key) => state.contacts.get(contactKey(key)) ?? [])),
    page: (request) => call(request, () => page(state, request)),
    count: (request) =>
      call(request, () => {
        const { workspaceId, where } = request
        const all = state.contactsOf.of(workspaceId)
        return where === null ? all.length : all.filter((contact) => evaluate(where, factsOf(state, contact))).length
      }),
    byAddress: (request) => call({}, () => state.contactsAt.of(bucketKey(request)).map(withoutWorkspace)),
    permissions: (keys) => call({}, () => new Map(keys.map((key) => [contactKey(key), permissionsOf(state, key)]))),
    changePermissions: (request) =>
      call(request, () => {
        const { workspaceId, changes, once = [], events = [], now, outbox } = request
        const causes = once.map((cause) => keyOf(workspaceId, cause))
        if (causes.some((key) => state.permissionCauses.has(key))) return
        for (const key of causes) state.permissionCauses.set(key, { key })
        for (const change of changes) changePermission(state, workspaceId, change)
        for (const event of events) appendEvent(state, workspaceId, event, now)
        appendOutbox(state, workspaceId, outbox)
      }),
    erase: (request) => call(request, () => eraseContact(state, request)),
  }
}

/** Creates a contact, or changes what the input names. */
export function mergeContact(
  state: State,
  workspaceId: string,
  input: ContactInput,
  now: Instant,
): 'created' | 'updated' {
  if (input.id.length < 1 || input.id.length > 255) {
    throw new ConfigurationError(`A contact's id has ${input.id.length} characters; it must have 1 to 255.`)
  }
  const key = contactKey({ workspaceId, contactId: input.id })
  const known = state.contacts.get(key)
  state.contacts.set(key, {
    workspaceId,
    id: input.id,
    addresses: merged(known?.addresses ?? {}, input.addresses ?? {}),
    zone: input.zone === undefined ? (known?.zone ?? null) : input.zone,
    locale: input.locale === undefined ? (known?.locale ?? null) : input.locale,
    attributes: merged(known?.attributes ?? {}, input.attributes ?? {}),
    tags: input.tags ?? known?.tags ?? [],
    updatedAt: now,
  })
  return known === undefined ? 'created' : 'updated'
}

/** Consents of a contact, and the suppressions of these addresses. */
export function permissionsOf(
  state: State,
  key: Parameters<typeof contactKey>[0] & { readonly addresses: { readonly [channel: string]: string } },
): Permissions {
  return {
    consents: state.consentsOf.of(contactKey(key)).map(({ contact, ...consent }) => consent),
    suppressions: Object.entries(key.addresses).flatMap(([channel, address]) =>
      suppressionsAt(state, { workspaceId: key.workspaceId, channel, address }),
    ),
  }
}

/** What is known, with what is said on top; null removes. */
function merged<Value>(
  known: { readonly [name: string]: Value },
  said: { readonly [name: string]: Value | null | undefined },
): { readonly [name: string]: NonNullable<Value> } {
  const entries = new Map<string, Value | null | undefined>(Object.entries(known))
  for (const [name, value] of Object.entries(said)) if (value !== undefined) entries.set(name, value)
  return Object.fromEntries([...entries].filter(([, value]) => value != null)) as { [name: string]: NonNullable<Value> }
}

function page(state: State, request: Parameters<ContactStore['page']>[0]): Awaited<ReturnType<ContactStore['page']>> {
  const limit = limitOf(request)
  const { workspaceId, where, after = null } = request
  const ahead = contactsAfter(state, workspaceId, after)
  const contacts: Contact[] = []
  for (const [index, contact] of ahead.entries()) {
    if (where !== null && !evaluate(where, factsOf(state, contact))) continue
    contacts.push(withoutWorkspace(contact))
    if (contacts.length === limit) return { contacts, next: index + 1 < ahead.length ? contact.id : null }
  }
  return { contacts, next: null }
}

function withoutWorkspace({ workspaceId, ...contact }: Contact & { readonly workspaceId: string }): Contact {
  return contact
}
