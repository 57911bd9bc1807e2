import { messageReceived } from '../contact/contact.js'
import type { Condition, Since } from './condition.js'
import { nodesOf } from './condition-nodes.js'
import { momentsOfStep } from './parts/moments.js'
import { conditionsOfStep } from './parts/step-conditions.js'
import type { Step, StepId, WaitTrigger } from './step.js'

/** Events that are asked for by name, and from when on. */
export interface EventNeed {
  readonly name: string
  readonly since: Since
}

/** A consent that is asked for; `topic` null = the whole channel's. */
export interface ConsentNeed {
  readonly channel: string
  readonly topic: string | null
}

/** What has to be read before a decision: every list sorted, and without repeats. */
export interface FactNeeds {
  /** Dotted paths of attributes. */
  readonly attributes: readonly string[]
  readonly tags: readonly string[]
  /** One per name, with the widest span that was asked for. Replies are events too. */
  readonly events: readonly EventNeed[]
  /** The steps whose latest delivery is asked for. */
  readonly deliveries: readonly StepId[]
  /** The splits whose arm is asked for. */
  readonly arms: readonly StepId[]
  /** Dotted paths in the data of the event that brought the run here. */
  readonly trigger: readonly string[]
  /** The webhook and action steps whose reply is asked for. */
  readonly replies: readonly StepId[]
  readonly consents: readonly ConsentNeed[]
}

/** What is needed when nothing is asked for. */
export const noNeeds: FactNeeds = {
  attributes: [],
  tags: [],
  events: [],
  deliveries: [],
  arms: [],
  trigger: [],
  replies: [],
  consents: [],
}

/** Everything that a condition can ask for, whichever way its members turn out. */
export function asksFor(condition: Condition): FactNeeds {
  return mergeNeeds(...nodesOf(condition).map((node) => needsOfNode(node.condition)))
}

/** What a trigger of a `waitFor` or an interrupt asks for. `since` is that of the step; an interrupt counts from the enrollment. */
export function triggerAsksFor(trigger: WaitTrigger, since: Since = 'enrollment'): FactNeeds {
  if ('condition' in trigger) return asksFor(trigger.condition)
  return { ...noNeeds, events: [{ name: 'event' in trigger ? trigger.event : messageReceived, since }] }
}

/** Everything that the decisions of a step can ask for: its conditions, what it waits for, and what its moments are anchored at. */
export function stepAsksFor(step: Step): FactNeeds {
  const conditions = conditionsOfStep(step).map(({ condition }) => asksFor(condition))
  const triggers =
    step.kind === 'waitFor' ? step.cases.map((trigger) => triggerAsksFor(trigger, step.since ?? 'stepEntry')) : []
  const anchors = momentsOfStep(step).map(({ moment: { anchor } }): FactNeeds => {
    if (typeof anchor !== 'object') return noNeeds
    if ('attribute' in anchor) return { ...noNeeds, attributes: [anchor.attribute] }
    return 'event' in anchor ? { ...noNeeds, events: [{ name: anchor.event, since: 'enrollment' }] } : noNeeds
  })
  return mergeNeeds(...conditions, ...triggers, ...anchors)
}

/** All of the needs together. The order of the arguments does not matter. */
export function mergeNeeds(...needs: readonly FactNeeds[]): FactNeeds {
  return {
    attributes: together(needs, 'attributes'),
    tags: together(needs, 'tags'),
    events: widest(needs.flatMap(({ events }) => events)),
    deliveries: together(needs, 'deliveries'),
    arms: together(needs, 'arms'),
    trigger: together(needs, 'trigger'),
    replies: together(needs, 'replies'),
    consents: distinctConsents(needs.flatMap(({ consents }) => consents)),
  }
}

function needsOfNode(condition: Condition): FactNeeds {
  if ('attribute' in condition) return { ...noNeeds, attributes: [condition.attribute] }
  if ('tag' in condition) return { ...noNeeds, tags: [condition.tag] }
  if ('event' in condition) {
    return { ...noNeeds, events: [{ name: condition.event, since: condition.since ?? 'enrollment' }] }
  }
  if ('delivery' in condition) return { ...noNeeds, deliveries: [condition.step] }
  if ('arm' in condition) return { ...noNeeds, arms: [condition.split] }
  if ('trigger' in condition) return { ...noNeeds, trigger: [condition.trigger] }
  if ('webhook' in condition) return { ...noNeeds, replies: [condition.webhook] }
  if ('consent' in condition) {
    return { ...noNeeds, consents: [{ channel: condition.channel, topic: condition.topic ?? null }] }
  }
  if ('reply' in condition) {
    return { ...noNeeds, events: [{ name: messageReceived, since: condition.since ?? 'enrollment' }] }
  }
  return noNeeds
}

type NamedNeed = 'attributes' | 'tags' | 'deliveries' | 'arms' | 'trigger' | 'replies'

function together(needs: readonly FactNeeds[], key: NamedNeed): readonly string[] {
  return [...new Set(needs.flatMap((need) => need[key]))].sort()
}

const bySpan: readonly Since[] = ['stepEntry', 'enrollment', 'ever']

function widest(events: readonly EventNeed[]): readonly EventNeed[] {
  const spans = new Map<string, Since>()
  for (const { name, since } of events) {
    const known = spans.get(name)
    if (known === undefined || bySpan.indexOf(since) > bySpan.indexOf(known)) spans.set(name, since)
  }
  return [...spans].map(([name, since]) => ({ name, since })).sort((one, other) => (one.name < other.name ? -1 : 1))
}

function distinctConsents(consents: readonly ConsentNeed[]): readonly ConsentNeed[] {
  const distinct = new Map(consents.map((need) => [JSON.stringify([need.channel, need.topic]), need]))
  return [...distinct].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, need]) => need)
}
