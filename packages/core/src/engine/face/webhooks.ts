import { ConfigurationError, ConflictError, NotFoundError } from '../../errors.js'
import { hashOfJson } from '../../message/hash.js'
import { type EventType, eventTypes } from '../../outbox/event-type.js'
import { bodyOfEvent } from '../../outbox/outbox-event.js'
import {
  type Disablement,
  endpointSecret,
  endpointSecrets,
  type WebhookEndpoint,
} from '../../outbox/webhook-endpoint.js'
import type { Backlog, WebhookAttempt } from '../../ports/store-outbox.js'
import { didYouMean } from '../../sequence/nearest.js'
import type { EngineContext } from '../context.js'
import { attemptAt } from '../telling/event-teller.js'

/** An endpoint as a host registers it. */
export interface EndpointInput {
  /** Where events are posted to, by https. */
  readonly url: string
  readonly description?: string | null
  /** What it is told of. Default: everything. */
  readonly types?: readonly EventType[]
  /** False = it is told nothing until it is enabled. Default true. */
  readonly enabled?: boolean
}

/** An endpoint and the secret that signs what it is sent, which is shown now and never again. */
export interface EndpointWithSecret {
  readonly endpoint: WebhookEndpoint
  /** `whsec_` and base64, as verifiers of the Standard Webhooks take it. */
  readonly secret: string
}

/** Every event is written once for each endpoint. */
const mostEndpoints = 20
const dayMs = 24 * 60 * 60 * 1000

/** The endpoints of one workspace, which are told of what happens in it. */
export class Webhooks {
  constructor(
    private readonly context: EngineContext,
    private readonly workspaceId: string,
    private readonly actor: string | null = null,
  ) {}

  /**
   * Registers an endpoint. It is told of what happens from now on; engines of other processes take note of it within 5 s.
   * @throws {ConfigurationError} when it could not be told anything; nothing is stored then.
   */
  async create(input: EndpointInput, options: { readonly id?: string } = {}): Promise<EndpointWithSecret> {
    const { store, clock, random } = this.context
    const { url, types, description } = this.read({ types: [], description: null, ...input })
    const others = await this.list()
    if (others.length >= mostEndpoints)
      throw new ConfigurationError(`Workspace "${this.workspaceId}" has ${mostEndpoints} webhook endpoints already.`)
    const now = clock.now()
    const endpoint: WebhookEndpoint = {
      workspaceId: this.workspaceId,
      id: options.id ?? `whe_${hashOfJson([this.workspaceId, url, now, random()]).slice(0, 16)}`,
      url,
      description,
      types,
      disabled: input.enabled === false ? { reason: 'host', at: now } : null,
      failingSince: null,
      secretVersion: 1,
      previousSecretUntil: null,
      createdAt: now,
      revision: 1,
    }
    await store.outbox.saveEndpoint({ endpoint, expectedRevision: null })
    await this.note('webhook_endpoint.created', endpoint.id)
    return this.withSecret(endpoint)
  }

  /** All endpoints, oldest first. */
  list(): Promise<readonly WebhookEndpoint[]> {
    return this.context.store.outbox.endpoints({ workspaceId: this.workspaceId })
  }

  /** @throws {NotFoundError} when this workspace has no such endpoint. */
  async get(id: string): Promise<WebhookEndpoint> {
    const found = (await this.list()).find((endpoint) => endpoint.id === id)
    if (found !== undefined) return found
    throw new NotFoundError(`Workspace "${this.workspaceId}" has no webhook endpoint "${id}".`)
  }

  /**
   * Changes what is named; the rest stays. Enabled again, it is first told what waited for it; what happened in between was not kept.
   * @throws {ConflictError} of kind `stale` when it is not at `revision` any more.
   */
  async update(
    id: string,
    change: Partial<EndpointInput>,
    options: { readonly revision?: number } = {},
  ): Promise<WebhookEndpoint> {
    const { store, clock } = this.context
    const endpoint = await this.get(id)
    if (options.revision !== undefined && options.revision !== endpoint.revision)
      throw new ConflictError(
        `Webhook endpoint "${id}" is at revision ${endpoint.revision}, not ${options.revision}.`,
        {
          kind: 'stale',
        },
      )
    const now = clock.now()
    const wasDisabled = endpoint.disabled !== null
    const isEnabled = change.enabled ?? !wasDisabled
    const disabled: Disablement | null = isEnabled ? null : (endpoint.disabled ?? { reason: 'host', at: now })
    const isAfresh = (wasDisabled && isEnabled) || (change.url !== undefined && change.url !== endpoint.url)
    const failingSince = isAfresh ? null : endpoint.failingSince
    const saved = await this.save({ ...endpoint, ...this.read({ ...endpoint, ...change }), disabled, failingSince })
    if (wasDisabled && isEnabled)
      await store.outbox.requeue({ workspaceId: this.workspaceId, endpointId: id, setAside: false, now })
    await this.note('webhook_endpoint.updated', id)
    return saved
  }

  /**
   * Enables an endpoint again that was disabled. With `resend`, also what had been set aside after its last attempt is told again, though
   * later events have been told before it. Returns how many events it is now told.
   */
  async enable(id: string, options: { readonly resend?: boolean } = {}): Promise<number> {
    const { store, clock } = this.context
    const endpoint = await this.get(id)
    if (endpoint.disabled !== null) await this.save({ ...endpoint, disabled: null, failingSince: null })
    const setAside = options.resend ?? false
    const key = { workspaceId: this.workspaceId, endpointId: id }
    const requeued = await store.outbox.requeue({ ...key, setAside, now: clock.now() })
    await this.note('webhook_endpoint.enabled', id)
    return requeued
  }

  /** Deletes an endpoint, and with it what it has not been told. */
  async delete(id: string): Promise<void> {
    await this.get(id)
    await this.context.store.outbox.deleteEndpoint({ workspaceId: this.workspaceId, endpointId: id })
    this.context.wanted.forget(this.workspaceId)
    await this.note('webhook_endpoint.deleted', id)
  }

  /** Makes a new secret. For `overlapMs`, a day by default, requests are signed with the one before it too. */
  async rotateSecret(id: string, options: { readonly overlapMs?: number } = {}): Promise<EndpointWithSecret> {
    const { overlapMs = dayMs } = options
    if (!(overlapMs >= 0 && overlapMs <= 30 * dayMs))
      throw new ConfigurationError(`An overlap of ${overlapMs} ms was asked for; it may be 0 to 30 days.`)
    const endpoint = await this.get(id)
    const previousSecretUntil = overlapMs === 0 ? null : this.context.clock.now() + overlapMs
    const { secretVersion } = endpoint
    const saved = await this.save({ ...endpoint, secretVersion: secretVersion + 1, previousSecretUntil })
    await this.note('webhook_endpoint.secret_rotated', id)
    return this.withSecret(saved)
  }

  /** Sends an event of type `webhook.test` to an endpoint now, also to one that is disabled, and says how that ended. */
  async test(id: string): Promise<WebhookAttempt> {
    const { store, clock, random } = this.context
    const endpoint = await this.get(id)
    const { secret } = this.context
    const { workspaceId, url } = endpoint
    const now = clock.now()
    const eventId = `evt_${hashOfJson([workspaceId, id, now, random()]).slice(0, 32)}`
    const type = 'webhook.test'
    const body = bodyOfEvent({ workspaceId, id: eventId, type, at: now, data: {} })
    const message = { url, secrets: endpointSecrets(secret, endpoint, now), id: eventId, body }
    const { report } = await attemptAt(this.context, this.sender(), message, { attempt: 1, type })
    await store.outbox.recordAttempt({ workspaceId, endpointId: id, report })
    await this.note('webhook_endpoint.tested', id)
    return report
  }

  /** The latest attempts at an endpoint, newest first; they are kept for a week. */
  async attempts(id: string, { limit = 100 }: { readonly limit?: number } = {}): Promise<readonly WebhookAttempt[]> {
    await this.get(id)
    return this.context.store.outbox.attempts({ workspaceId: this.workspaceId, endpointId: id, limit })
  }

  /** What endpoints have not been told; those that have been told everything are left out. */
  backlog(): Promise<readonly Backlog[]> {
    return this.context.store.outbox.backlog({ workspaceId: this.workspaceId })
  }

  private sender() {
    const { eventSender } = this.context
    if (eventSender !== null) return eventSender
    throw new ConfigurationError(
      'Endpoints cannot be told anything: createDrumbeat() needs an eventSender, such as webhookSender() of @drumbeat/channel-webhook.',
    )
  }

  private read({ url, description, types }: Pick<WebhookEndpoint, 'url' | 'description' | 'types'>) {
    if (typeof url !== 'string' || url.length > 2000)
      throw new ConfigurationError('A webhook endpoint needs a url of at most 2,000 characters.')
    const problem = this.sender().problemWith(url)
    if (problem !== null) throw new ConfigurationError(problem)
    const known: readonly string[] = eventTypes
    for (const type of types) {
      if (known.includes(type)) continue
      const meant = didYouMean(String(type), known)
      throw new ConfigurationError(`There is no event type "${String(type).slice(0, 80)}".${meant}`)
    }
    if (description !== null && (typeof description !== 'string' || description.length > 500))
      throw new ConfigurationError('The description of a webhook endpoint has at most 500 characters.')
    return { url, description, types: [...new Set(types)] }
  }

  private async save(endpoint: WebhookEndpoint): Promise<WebhookEndpoint> {
    const saved = { ...endpoint, revision: endpoint.revision + 1 }
    await this.context.store.outbox.saveEndpoint({ endpoint: saved, expectedRevision: endpoint.revision })
    return saved
  }

  private async withSecret(endpoint: WebhookEndpoint): Promise<EndpointWithSecret> {
    return { endpoint, secret: endpointSecret(this.context.secret, endpoint, endpoint.secretVersion) }
  }

  private note(action: string, subject: string): Promise<void> {
    const { store, clock, wanted } = this.context
    const { workspaceId, actor } = this
    wanted.forget(workspaceId)
    return store.control.audit([{ workspaceId, at: clock.now(), actor, action, subject, detail: {} }])
  }
}
