import { sha256 } from '../message/hash.js'
import type { Instant } from '../schedule/instant.js'
import type { EventType } from './event-type.js'

/** Where a host's system is told of events. */
export interface WebhookEndpoint {
  readonly workspaceId: string
  readonly id: string
  readonly url: string
  readonly description: string | null
  /** What it is told of; empty = everything. */
  readonly types: readonly EventType[]
  /** Null = it is told. */
  readonly disabled: Disablement | null
  /** Since when no attempt has succeeded; null = the latest one did, or there was none. */
  readonly failingSince: Instant | null
  /** Raised with every rotation of its secret. */
  readonly secretVersion: number
  /** Until when requests carry a signature of the previous secret too; null = they do not. */
  readonly previousSecretUntil: Instant | null
  readonly createdAt: Instant
  /** Raised by every change; an update that names an older one is refused. */
  readonly revision: number
}

/** Why an endpoint is told nothing: the host wants it so, it answered 410 Gone, or it has failed for too long. */
export interface Disablement {
  readonly reason: 'host' | 'gone' | 'failing'
  readonly at: Instant
}

/**
 * A secret of an endpoint, as the Standard Webhooks write it. Derived from Drumbeat's own secret, so that no table holds it: whoever
 * has both can name it again.
 */
export function endpointSecret(secret: string, { workspaceId, id }: EndpointKey, version: number): string {
  const inner = sha256(`${secret}|webhook|${JSON.stringify([workspaceId, id, version])}`)
  const key = sha256(`${secret}|webhook|${inner}`)
  const bytes = Array.from({ length: key.length / 2 }, (_, index) =>
    Number.parseInt(key.slice(2 * index, 2 * index + 2), 16),
  )
  return `whsec_${btoa(String.fromCharCode(...bytes))}`
}

/** The secrets that sign what goes to an endpoint now, the newest first. */
export function endpointSecrets(secret: string, endpoint: WebhookEndpoint, now: Instant): readonly string[] {
  const { secretVersion, previousSecretUntil } = endpoint
  const isOverlap = previousSecretUntil !== null && now < previousSecretUntil
  const versions = isOverlap ? [secretVersion, secretVersion - 1] : [secretVersion]
  return versions.map((version) => endpointSecret(secret, endpoint, version))
}

type EndpointKey = Pick<WebhookEndpoint, 'workspaceId' | 'id'>

/**
 * An endpoint after attempts to tell it something: healthy again as soon as one was taken; disabled where it answered that it is gone, or
 * where none was taken for `disableAfterMs`. Stores call it with the endpoint as they have locked it.
 */
export function endpointAfter(
  endpoint: WebhookEndpoint,
  answers: readonly ('taken' | 'gone' | 'failed')[],
  { now, disableAfterMs }: { readonly now: Instant; readonly disableAfterMs: number },
): WebhookEndpoint {
  const isTaken = answers.includes('taken')
  const isGone = answers.includes('gone')
  const failingSince = isTaken ? null : (endpoint.failingSince ?? now)
  const isFailing = failingSince !== null && now - failingSince >= disableAfterMs
  if (endpoint.disabled !== null || !(isGone || isFailing)) return { ...endpoint, failingSince }
  const disabled: Disablement = { reason: isGone ? 'gone' : 'failing', at: now }
  return { ...endpoint, failingSince, disabled, revision: endpoint.revision + 1 }
}
