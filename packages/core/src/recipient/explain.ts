import type { Contact } from '../contact/contact.js'
import type { Delivery } from '../delivery/delivery.js'
import { shownFact } from '../delivery/facts.js'
import type { JsonObject } from '../json.js'
import { formatInZone, type Instant } from '../schedule/instant.js'
import { resolveZone } from '../schedule/zone.js'
import { edgesOf } from '../sequence/graph.js'
import { stepOf } from '../sequence/sequence.js'
import type { StepId } from '../sequence/step.js'
import type { Recipient } from './recipient.js'
import type { RunDefinition } from './run-facts.js'

/** Where a run is and why, what was not sent and why not, and what comes next. */
export interface Explanation {
  readonly status: Recipient['status']
  /** Why it ended, or was quarantined; null while it is active. */
  readonly reason: string | null
  readonly enrolledAt: Instant
  readonly endedAt: Instant | null
  readonly stepId: StepId
  /** What it waits for; null = it has ended. */
  readonly waitsFor: Recipient['waiting'] | null
  readonly dueAt: Instant | null
  /** `dueAt` in the contact's zone, such as `2026-03-09T09:00-04:00`. */
  readonly dueLocally: string | null
  /**
   * What set `dueAt`: the anchor, rule and zone of a moment, or under `rule` what moved a message off its `plannedAt`, such as
   * `quiet_hours`, with who set that (`setBy`) and its `zone`. Of a run that was quarantined because a decision failed, the `error`. Null = it has ended.
   */
  readonly why: JsonObject | null
  /** What holds it although it may be due: a stop of the workspace, a pause of the campaign or of its step. Null = nothing does. */
  readonly pausedBy: 'workspace' | 'campaign' | 'step' | null
  /** The ways on from its step, with the exit each leaves by; empty = it has ended. */
  readonly next: readonly { readonly exit: string; readonly stepId: StepId }[]
  /** The messages of its step that lie ahead, the next first. */
  readonly planned: readonly ExplainedPlan[]
  /** The zone that "the contact's" means, where it comes from, and what was given instead if that is no zone. */
  readonly zone: { readonly name: string; readonly from: string; readonly invalid: string | null }
  /** The latest steps, oldest first, each with the exit taken to get there. */
  readonly path: Recipient['memory']['path']
  readonly deliveries: readonly ExplainedDelivery[]
}

/** A message that lies ahead. */
export interface ExplainedPlan {
  /** The item of a series; null for every other step. */
  readonly itemId: string | null
  /** The instant that its rule asks for. */
  readonly plannedAt: Instant
  /** That instant after every rule's deferral. */
  readonly dueAt: Instant
  /** `dueAt` in the contact's zone. */
  readonly dueLocally: string
}

/** What became of one message or call. */
export interface ExplainedDelivery {
  readonly kind: Delivery['kind']
  readonly channel: string
  readonly stepId: StepId
  readonly itemId: string | null
  readonly state: Delivery['state']
  /** Why it is in this state: why it was put off, skipped, canceled or failed; null = nothing to say. */
  readonly reason: string | null
  /** The strongest report on it; null = none. */
  readonly shown: string | null
  /** Provider calls begun. */
  readonly attempts: number
  readonly plannedAt: Instant
  readonly dueAt: Instant
  readonly sentAt: Instant | null
}

/** What a run is explained from. */
export interface ExplanationSource {
  readonly definition: Pick<RunDefinition, 'campaign' | 'settings' | 'sequence'>
  readonly recipient: Recipient
  readonly contact: Pick<Contact, 'zone'> | null
  /** The run's deliveries, oldest first. */
  readonly deliveries: readonly Delivery[]
  /** What is closed to calls in the workspace: itself (`workspace`), a `campaign` by its id, a `step` as `campaign/step`. */
  readonly closed: readonly { readonly kind: string; readonly ref: string }[]
}

/** Explains a run from its records. Pure. */
export function explain(source: ExplanationSource): Explanation {
  const { definition, recipient, contact, deliveries } = source
  const { campaign, settings, sequence } = definition
  const { zone, ...from } = resolveZone({ contact: contact?.zone, campaign: campaign.zone, workspace: settings.zone })
  const { status, reason, stepId, waiting, dueAt, memory, visit, enrolledAt, endedAt } = recipient
  const isActive = status === 'active'
  const step = stepOf(sequence, stepId)
  return {
    status,
    reason,
    enrolledAt,
    endedAt,
    stepId,
    waitsFor: isActive ? waiting : null,
    dueAt,
    dueLocally: dueAt === null ? null : formatInZone(dueAt, zone),
    why: isActive && visit === 0 ? { rule: 'enrolled' } : isActive || status === 'quarantined' ? memory.why : null,
    pausedBy: isActive ? pausedBy(source) : null,
    next:
      !isActive || step === undefined
        ? []
        : edgesOf(stepId, step).map(({ label, to }) => ({ exit: label, stepId: to })),
    planned: isActive ? plannedOf(recipient, zone) : [],
    zone: { name: zone, from: from.source, invalid: from.invalid },
    path: memory.path,
    deliveries: deliveries.map(explainDelivery),
  }
}

function pausedBy({ definition: { campaign }, recipient, closed }: ExplanationSource): Explanation['pausedBy'] {
  const isClosed = (kind: string, ref: string) => closed.some((scope) => scope.kind === kind && scope.ref === ref)
  if (isClosed('workspace', '')) return 'workspace'
  if (campaign.status === 'paused' || isClosed('campaign', campaign.id)) return 'campaign'
  const { stepId } = recipient
  return Object.hasOwn(campaign.pausedSteps, stepId) || isClosed('step', `${campaign.id}/${stepId}`) ? 'step' : null
}

function plannedOf({ memory }: Recipient, zone: string): readonly ExplainedPlan[] {
  return Object.entries(memory.plans)
    .filter(([, { state }]) => state === 'planned')
    .sort(([, one], [, other]) => one.dueAt - other.dueAt)
    .map(([item, { plannedAt, dueAt }]) => ({
      itemId: item === '' ? null : item,
      plannedAt,
      dueAt,
      dueLocally: formatInZone(dueAt, zone),
    }))
}

function explainDelivery(delivery: Delivery): ExplainedDelivery {
  const { kind, channel, stepId, itemId, state, reason, attempts, plannedAt, dueAt, sentAt, facts } = delivery
  return {
    kind,
    channel,
    stepId,
    itemId,
    state,
    reason,
    shown: shownFact(facts),
    attempts,
    plannedAt,
    dueAt,
    sentAt,
  }
}
