import { normalizeAddress } from '../../contact/address.js'
import type { Consent } from '../../contact/consent.js'
import type { Contact, ContactEvent, ContactInput } from '../../contact/contact.js'
import { liftedByStart, type Suppression, type SuppressionReason } from '../../contact/suppression.js'
import type { Delivery } from '../../delivery/delivery.js'
import { ConfigurationError, NotFoundError } from '../../errors.js'
import type { AudienceCount } from '../../ports/audience-counts.js'
import type { ContactSource } from '../../ports/contact-source.js'
import type { Transaction } from '../../ports/store.js'
import { contactKey, type PermissionChange } from '../../ports/store-contacts.js'
import type { Recipient } from '../../recipient/recipient.js'
import { isZone } from '../../schedule/zone.js'
import type { Condition } from '../../sequence/condition.js'
import { guardJson } from '../../sequence/guard-json.js'
import type { EngineContext } from '../context.js'
import { hintInbox } from '../hints.js'
import { admits, loadEntryFacts } from '../intake/entries.js'
import { loadContacts } from '../load.js'

/** What became of an import, line by line. */
export interface ImportReport {
  readonly created: number
  readonly updated: number
  /** Contacts or parts of them that could not be taken, and why. The rest was. */
  readonly problems: readonly { readonly contactId: string; readonly problem: string }[]
}

/** Everything that is kept about a person. */
export interface ContactExport {
  readonly contact: Contact | null
  readonly consents: readonly Consent[]
  readonly suppressions: readonly Suppression[]
  readonly runs: readonly Recipient[]
  readonly deliveries: readonly Delivery[]
  readonly events: readonly ContactEvent[]
}

const importedAtOnce = 1000
/** Contacts that the host keeps are read for a count, a thousand at a time. */
const mostPagesCounted = 500

/** The contacts of one workspace, and what may be sent to them. */
export class Contacts {
  constructor(
    private readonly context: EngineContext,
    private readonly workspaceId: string,
    private readonly actor: string | null = null,
  ) {}

  /**
   * Creates or merges contacts; what an input does not name stays. Addresses are normalised; a bad one is left out and named among the
   * problems, and the rest of the contact is taken. So is a zone that is none: it is kept as given, and does not count.
   */
  async import(contacts: readonly ContactInput[], options: { readonly tx?: Transaction } = {}): Promise<ImportReport> {
    const problems: { contactId: string; problem: string }[] = []
    const good = contacts.flatMap((contact) => this.read(contact, problems))
    let [created, updated] = [0, 0]
    for (let from = 0; from < good.length; from += importedAtOnce) {
      const { store, clock } = this.context
      const chunk = good.slice(from, from + importedAtOnce)
      const result = await store.contacts.upsert({
        workspaceId: this.workspaceId,
        contacts: chunk,
        now: clock.now(),
        ...(options.tx === undefined ? {} : { tx: options.tx }),
      })
      created += result.created
      updated += result.updated
    }
    return { created, updated, problems }
  }

  /**
   * Creates or merges one contact.
   * @throws {ConfigurationError} when a part of it is not valid; nothing is stored then.
   */
  async upsert(contact: ContactInput, options: { readonly tx?: Transaction } = {}): Promise<void> {
    const problems: { contactId: string; problem: string }[] = []
    const good = this.read(contact, problems)
    const [problem] = problems
    if (problem !== undefined) throw new ConfigurationError(`Contact "${problem.contactId}": ${problem.problem}.`)
    await this.import(good, options)
  }

  /** @throws {NotFoundError} when nobody of that id is known. */
  async get(contactId: string): Promise<Contact> {
    const { workspaceId } = this
    const found = (await loadContacts(this.context, [{ workspaceId, contactId }])).get(
      contactKey({ workspaceId, contactId }),
    )
    if (found === undefined) throw new NotFoundError(`Workspace "${workspaceId}" has no contact "${contactId}".`)
    return found
  }

  /** One page of the contacts that satisfy a condition, in id order. */
  list(request: { readonly where?: Condition; readonly after?: string | null; readonly limit?: number } = {}) {
    const { where = null, ...page } = request
    return this.context.store.contacts.page({
      workspaceId: this.workspaceId,
      where,
      now: this.context.clock.now(),
      ...page,
    })
  }

  /**
   * How many contacts satisfy a condition, or how many there are: now or, where `maxAgeMs` is given, at most so long ago. Such a count is
   * shared with all who ask for the same audience; it says when it was made.
   */
  async count(request: { readonly where?: Condition; readonly maxAgeMs?: number } = {}): Promise<AudienceCount> {
    const { where = null, maxAgeMs = 0 } = request
    const { workspaceId } = this
    return this.context.audienceCounting.of({ workspaceId, where }, maxAgeMs, () => this.countNow(where))
  }

  private async countNow(where: Condition | null): Promise<AudienceCount> {
    const { store, clock, contactSource } = this.context
    const countedAt = clock.now()
    if (contactSource !== null) return { ...(await this.countInSource(contactSource, where)), countedAt }
    const count = await store.contacts.count({ workspaceId: this.workspaceId, where, now: countedAt })
    return { count, isExact: true, countedAt }
  }

  /** Looks at the host's contacts one by one, and not at all of them where they are many. */
  private async countInSource(
    source: ContactSource,
    where: Condition | null,
  ): Promise<Omit<AudienceCount, 'countedAt'>> {
    const { workspaceId } = this
    const audience = {
      entry: { trigger: { kind: 'audience' }, again: 'never' },
      ...(where === null ? {} : { audience: where }),
    } as const
    let count = 0
    let after: string | null = null
    for (let page = 0; page < mostPagesCounted; page++) {
      const found: Awaited<ReturnType<ContactSource['page']>> = await source.page({
        workspaceId,
        after,
        limit: importedAtOnce,
      })
      const people = found.contacts.map((contact) => ({ workspaceId, contact }))
      const facts = await loadEntryFacts(this.context, [audience], people)
      count += found.contacts.filter((contact) => admits(audience, contact, facts.of(workspaceId, contact.id))).length
      if (found.next === null) return { count, isExact: true }
      after = found.next
    }
    return { count, isExact: false }
  }

  /** Reports that contacts changed where the host keeps them: exits and plans follow. */
  async changed(contactIds: readonly string[], options: { readonly tx?: Transaction } = {}): Promise<void> {
    const { store, clock } = this.context
    await store.inbox.contactsChanged({
      workspaceId: this.workspaceId,
      contactIds,
      now: clock.now(),
      ...(options.tx === undefined ? {} : { tx: options.tx }),
    })
    if (options.tx === undefined) hintInbox(this.context, this.workspaceId)
  }

  /** Records a contact's consent for a channel, or for one topic of it. */
  async consent(
    contactId: string,
    given: {
      readonly channel: string
      readonly topic?: string
      readonly status: Consent['status']
      readonly source: string
    },
  ): Promise<void> {
    const { channel, topic = null, status, source } = given
    await this.change([
      { kind: 'consent', contactId, consent: { channel, topic, status, source, at: this.context.clock.now() } },
    ])
    await this.changed([contactId])
  }

  /** Closes an address. It outlives the contact. */
  async suppress(given: {
    readonly channel: string
    readonly address: string
    readonly topic?: string
    readonly reason?: SuppressionReason
  }): Promise<void> {
    const { channel, topic = null, reason = 'manual' } = given
    const address = this.addressOf(channel, given.address)
    await this.change([
      { kind: 'suppress', suppression: { channel, address, topic, reason, at: this.context.clock.now() } },
    ])
  }

  /** Opens an address again that a stop word or an unsubscribe had closed. */
  async unsuppress(given: { readonly channel: string; readonly address: string }): Promise<void> {
    await this.change([
      {
        kind: 'lift',
        channel: given.channel,
        address: this.addressOf(given.channel, given.address),
        reasons: liftedByStart,
      },
    ])
  }

  /** Forgets a person; their suppressions stay, as keyed hashes. False = there was nothing of theirs. */
  async erase(contactId: string): Promise<boolean> {
    const { store, clock } = this.context
    const { workspaceId, actor } = this
    const erased = await store.contacts.erase({ workspaceId, contactId, now: clock.now() })
    await store.control.audit([
      { workspaceId, at: clock.now(), actor, action: 'contact.erased', subject: contactId, detail: {} },
    ])
    return erased
  }

  /** Everything that is kept about a person. Events of names that campaigns never asked for are included by name only. */
  async export(contactId: string, options: { readonly eventNames?: readonly string[] } = {}): Promise<ContactExport> {
    const { store } = this.context
    const { workspaceId } = this
    const key = { workspaceId, contactId }
    const contact = (await loadContacts(this.context, [key])).get(contactKey(key)) ?? null
    const permissions = await store.contacts.permissions([{ ...key, addresses: contact?.addresses ?? {} }])
    const runs = await store.recipients.ofContact(key)
    const deliveries = await store.deliveries.ofRecipients(runs.map(({ id }) => ({ workspaceId, recipientId: id })))
    const names = options.eventNames ?? []
    const events =
      names.length === 0 ? [] : ((await store.inbox.events([{ ...key, names }])).get(contactKey(key)) ?? [])
    const { consents = [], suppressions = [] } = permissions.get(contactKey(key)) ?? {}
    return { contact, consents, suppressions, runs, deliveries: [...deliveries.values()].flat(), events }
  }

  private change(changes: readonly PermissionChange[]): Promise<void> {
    const { store, clock } = this.context
    return store.contacts.changePermissions({ workspaceId: this.workspaceId, changes, now: clock.now() })
  }

  private addressOf(channel: string, raw: string): string {
    const kind = this.context.channels.get(channel)?.addressKind ?? 'other'
    const normalized = normalizeAddress(kind, raw)
    if (!normalized.ok) throw new ConfigurationError(`An address for "${channel}" is not valid: ${normalized.problem}.`)
    return normalized.address
  }

  private read(contact: ContactInput, problems: { contactId: string; problem: string }[]): readonly ContactInput[] {
    const contactId = typeof contact.id === 'string' ? contact.id : ''
    if (contactId === '' || contactId.length > 255) {
      problems.push({ contactId, problem: 'an id has 1 to 255 characters' })
      return []
    }
    try {
      guardJson(contact)
    } catch (error) {
      problems.push({ contactId, problem: error instanceof Error ? error.message : 'it is not plain JSON' })
      return []
    }
    if (contact.zone != null && !isZone(contact.zone)) {
      const problem = `the zone ${JSON.stringify(contact.zone)} is no IANA zone such as "Europe/Berlin", so the campaign's or the workspace's counts`
      problems.push({ contactId, problem })
    }
    const addresses: Record<string, string | null> = {}
    for (const [channel, raw] of Object.entries(contact.addresses ?? {})) {
      const kind = this.context.channels.get(channel)?.addressKind ?? 'other'
      const normalized = raw === null ? null : normalizeAddress(kind, raw)
      if (normalized === null) addresses[channel] = null
      else if (normalized.ok) addresses[channel] = normalized.address
      else problems.push({ contactId, problem: `the address for "${channel}" is not valid: ${normalized.problem}` })
    }
    return [{ ...contact, ...(contact.addresses === undefined ? {} : { addresses }) }]
  }
}
