import {
  addressKey,
  type Contact,
  consentFor,
  type Delivery,
  type Drumbeat,
  isDrumbeatError,
  isTestRef,
  type Suppression,
  suppressionProblem,
  type Workspace,
} from '@drumbeat/core'
import type { Topic } from '../pages/preference-page.js'
import { readToken, type Secrets } from './token.js'

/** What a link says: who, and what they get. */
interface Named {
  readonly contactId: string
  readonly channel: string
  readonly topic: string | null
  readonly deliveryRef: string
}

/** Whether a link came with a test send: then it is nobody's. */
export function isOfTest(secrets: Secrets, token: string): boolean {
  const [, , , deliveryRef = ''] = readToken(secrets, 'unsubscribe', token) ?? []
  return isTestRef(deliveryRef)
}

/** Somebody who holds a link of theirs, and what they may do with it. */
export class Subscription {
  private constructor(
    private readonly workspace: Workspace,
    private readonly named: Named,
    private readonly addresses: readonly string[],
    private readonly now: () => number,
  ) {}

  /** Whose link this is; null = it is not one of ours, or nobody is behind it any more: the two cannot be told apart. */
  static async find(
    drumbeat: Drumbeat,
    secrets: Secrets,
    token: string,
    now: () => number,
  ): Promise<Subscription | null> {
    const [workspaceId, contactId, channel, deliveryRef, topic = null] = readToken(secrets, 'unsubscribe', token) ?? []
    if (workspaceId === undefined || contactId === undefined || channel === undefined || deliveryRef === undefined) {
      return null
    }
    if (isTestRef(deliveryRef)) return null
    const workspace = drumbeat.workspace(workspaceId, { actor: `contact:${contactId}` })
    const contact = await orNotFound<Contact>(workspace.contacts.get(contactId))
    const delivery = await orNotFound<Delivery>(workspace.delivery(deliveryRef))
    // The address it was sent to, and the one that the next message would go to.
    const addresses = [delivery?.address, contact?.addresses[channel]].filter((address) => address != null)
    const unique = addresses.filter(
      (address, index) => addresses.findIndex((other) => addressKey(other) === addressKey(address)) === index,
    )
    if (unique.length === 0) return null
    return new Subscription(workspace, { contactId, channel, topic, deliveryRef }, unique, now)
  }

  get channel(): string {
    return this.named.channel
  }

  get topic(): string | null {
    return this.named.topic
  }

  /** Closes their addresses at once, over all campaigns: for the link's topic, or for the whole channel. To do it twice changes nothing. */
  async unsubscribe(topic: string | null): Promise<void> {
    const { contactId, channel, deliveryRef } = this.named
    for (const address of this.addresses) {
      const given = { channel, address, reason: 'unsubscribed' as const, ...(topic === null ? {} : { topic }) }
      await this.workspace.contacts.suppress(given)
    }
    // Counts it with the message that led here. Once.
    const facts = [{ kind: 'unsubscribed' as const, at: this.now() }]
    await this.workspace.report([{ delivery: { deliveryRef }, facts, dedupeKey: `unsubscribe/${deliveryRef}` }])
    await this.tell('contact.unsubscribed', topic)
    await this.workspace.contacts.changed([contactId])
  }

  /** Opens what they had closed themselves. Bounces and complaints stay. */
  async resubscribe(): Promise<void> {
    const { contactId, channel } = this.named
    for (const address of this.addresses) await this.workspace.contacts.unsuppress({ channel, address })
    await this.tell('contact.resubscribed', null)
    await this.workspace.contacts.changed([contactId])
  }

  /** Records for each topic whether they want to hear of it, where that is news. */
  async choose(topics: readonly Topic[], wanted: ReadonlySet<string>): Promise<void> {
    const { contactId, channel } = this.named
    const { consents } = await this.workspace.contacts.export(contactId)
    for (const { id: topic } of topics) {
      const status = wanted.has(topic) ? 'granted' : 'revoked'
      if (consentFor(consents, channel, topic) === status) continue
      await this.workspace.contacts.consent(contactId, { channel, topic, status, source: 'preference page' })
    }
    await this.tell('contact.preferences_saved', null)
  }

  /** Which of these topics they hear of, as it stands. */
  async wants(topics: readonly Topic[]): Promise<readonly (Topic & { readonly isWanted: boolean })[]> {
    if (topics.length === 0) return []
    const { contactId, channel } = this.named
    const { consents, suppressions } = await this.workspace.contacts.export(contactId)
    return topics.map((topic) => {
      const isRevoked = consentFor(consents, channel, topic.id) === 'revoked'
      return { ...topic, isWanted: !isRevoked && !this.isClosed(suppressions, topic.id) }
    })
  }

  private isClosed(suppressions: readonly Suppression[], topic: string): boolean {
    const { channel } = this.named
    return this.addresses.some((address) => suppressionProblem(suppressions, { channel, address, topic }) !== null)
  }

  private tell(action: string, topic: string | null): Promise<void> {
    const { contactId, channel } = this.named
    return this.workspace.record({ action, subject: contactId, detail: { channel, topic } })
  }
}

async function orNotFound<Found>(promise: Promise<Found>): Promise<Found | null> {
  try {
    return await promise
  } catch (error) {
    if (isDrumbeatError(error) && error.code === 'not_found') return null
    throw error
  }
}
