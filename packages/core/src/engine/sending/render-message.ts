import { normalizeAddress } from '../../contact/address.js'
import type { Delivery } from '../../delivery/delivery.js'
import { deliveryRef } from '../../delivery/delivery-key.js'
import type { IntentGuard } from '../../delivery/intent.js'
import type { JsonObject } from '../../json.js'
import type { RenderContext } from '../../message/render.js'
import type { TemplateVersion } from '../../message/template.js'
import type { OutboundMessage } from '../../ports/channel.js'
import type { PlannedSend } from '../../recipient/effect.js'
import { zoneOf } from '../../recipient/zones.js'
import type { EngineContext } from '../context.js'
import type { Decision } from '../decide.js'
import { type Composed, composeMessage, valuesFor } from './compose-message.js'
import { tracked } from './tracking.js'

/** A message that may start, once its intent is written. */
export interface ReadyMessage {
  readonly delivery: Delivery
  readonly message: OutboundMessage
  readonly deliveryRef: string
  readonly guard: IntentGuard
}

/** The message, or why it cannot go out: a reason that names what is missing. */
export type Rendered =
  | { readonly ok: true; readonly ready: ReadyMessage }
  | { readonly ok: false; readonly reason: string }

/** Templates of a batch by the key of {@link templateKey}; one query. */
export async function loadTemplates(
  { store }: EngineContext,
  sends: readonly { readonly decision: Decision; readonly send: PlannedSend }[],
): Promise<ReadonlyMap<string, TemplateVersion>> {
  const keys = new Map<string, ReturnType<typeof wantedTemplate>>()
  for (const { send } of sends) {
    const key = templateKey(send)
    if (!keys.has(key)) keys.set(key, wantedTemplate(send))
  }
  const found = await store.templates.get([...keys.values()])
  return new Map(
    [...keys].flatMap(([key, wanted]) => {
      const version = found.find(
        ({ workspaceId, templateId, version: number }) =>
          workspaceId === wanted.workspaceId &&
          templateId === wanted.templateId &&
          (wanted.version === null || number === wanted.version),
      )
      return version === undefined ? [] : [[key, version] as const]
    }),
  )
}

/** Names the template version that a send wants. */
export function templateKey(send: PlannedSend): string {
  const { workspaceId, templateId, version } = wantedTemplate(send)
  return `${workspaceId.length}:${workspaceId}${templateId}@${version ?? 'latest'}`
}

function wantedTemplate({ spec, delivery }: PlannedSend) {
  const { template } = spec
  const { workspaceId, templateVersion } = delivery
  const pinned = typeof template === 'string' ? null : template.version
  // After the first attempt the version never changes, so that every attempt renders alike.
  const version = delivery.attempts > 1 ? (templateVersion ?? pinned) : pinned
  return { workspaceId, templateId: typeof template === 'string' ? template : template.id, version }
}

/** Renders a message for its contact as it is known now. */
export function renderSend(
  context: EngineContext,
  decision: Decision,
  send: PlannedSend,
  template: TemplateVersion | undefined,
): Rendered {
  const { delivery, spec } = send
  const channel = context.channels.get(spec.channel)
  if (channel === undefined) return { ok: false, reason: 'channel_missing' }
  if (template === undefined) return { ok: false, reason: 'template_missing' }
  const address = normalizeAddress(channel.addressKind, delivery.address ?? '')
  if (!address.ok) return { ok: false, reason: 'invalid_address' }
  const { workspaceId, contactId, topic, category } = delivery
  const ref = deliveryRef(context.secret, delivery.id)
  const unsubscribeUrl = context.unsubscribeUrl?.({
    workspaceId,
    contactId,
    channel: spec.channel,
    topic,
    deliveryRef: ref,
  })
  const composed = composeMessage({
    template,
    values: valuesOf(decision, unsubscribeUrl),
    finish: (content) =>
      tracked(context.tracking, content, template, { workspaceId, channel: spec.channel, category, deliveryRef: ref }),
    to: address.address,
    category,
    inReplyTo: threadOf(decision, send),
    metadata: spec.metadata ?? {},
  })
  if (!composed.ok) return { ok: false, reason: missingReason(composed) }
  const { message, contentHash, segments } = composed
  return {
    ok: true,
    ready: {
      delivery: {
        ...delivery,
        address: address.address,
        templateId: template.templateId,
        templateVersion: template.version,
        contentHash,
        segments,
      },
      message,
      deliveryRef: ref,
      guard: guardOf(decision, send, address.address),
    },
  }
}

/** The reason that names the first of what is missing. */
export function missingReason({ missing }: Pick<Extract<Composed, { ok: false }>, 'missing'>): string {
  const [first] = missing
  return first === undefined ? 'unsafe_value' : `missing_token:${first.name}`
}

/** What tokens stand for in a run's messages and calls. */
export function valuesOf({ after, loaded }: Decision, unsubscribeUrl: string | undefined): RenderContext {
  const { memory } = after
  return valuesFor(loaded.facts.contact, {
    workspace: loaded.definition.settings.variables,
    trigger: (memory.trigger ?? memory.entryEvent)?.data ?? {},
    webhook: memory.replies as JsonObject,
    unsubscribeUrl,
  })
}

function threadOf({ loaded }: Decision, { spec }: PlannedSend): string | null {
  if (spec.thread === undefined) return null
  const earlier = loaded.facts.deliveries.findLast(({ stepId }) => stepId === spec.thread?.sameAs)
  return earlier?.providerId ?? null
}

function guardOf({ loaded }: Decision, { delivery, spec, late }: PlannedSend, address: string): IntentGuard {
  const { definition, contact } = { definition: loaded.definition, contact: loaded.facts.contact }
  const { settings, campaign } = definition
  const exempt = delivery.category === 'transactional' || spec.rules?.caps === 'ignore'
  return {
    channel: delivery.channel,
    account: delivery.account,
    topic: delivery.topic,
    category: delivery.category,
    address,
    policy: settings.consent,
    caps: exempt ? [] : [...settings.caps, ...campaign.caps],
    lateGapMs: late && settings.lateGapMs > 0 ? settings.lateGapMs : null,
    zone: zoneOf(definition, contact),
  }
}
