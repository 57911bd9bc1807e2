import { consentFor } from '../contact/consent.js'
import { type ContactEvent, messageReceived } from '../contact/contact.js'
import { ConfigurationError } from '../errors.js'
import type { JsonObject } from '../json.js'
import type { Instant } from '../schedule/instant.js'
import { satisfies } from './comparison.js'
import {
  type Condition,
  type DataFilter,
  type DeliveryCondition,
  type EventCondition,
  maxConditionDepth,
  type ReplyCondition,
  type Since,
  valueAt,
} from './condition.js'
import type { ConditionFacts, StepDelivery } from './condition-facts.js'

/**
 * Whether a condition holds for what is known. Total over parsed conditions, and linear in the size of condition and facts; the
 * compiler to SQL gives the same answers.
 * @throws {ConfigurationError} when it is nested deeper than {@link maxConditionDepth}, which a parsed condition never is.
 */
export function evaluate(condition: Condition, facts: ConditionFacts): boolean {
  return holds(condition, facts, 1)
}

/** Whether an event's data satisfies every filter; no filters = yes. */
export function matchesData(filters: readonly DataFilter[], data: JsonObject): boolean {
  return filters.every((filter) => satisfies(valueAt(data, filter.field), filter))
}

/** True for an inbound message that a person wrote, not their out-of-office; with `keyword` only for one that says it. */
export function isHumanReply({ name, data }: Pick<ContactEvent, 'name' | 'data'>, keyword?: string): boolean {
  if (name !== messageReceived || data.automatic === true) return false
  return keyword === undefined || data.keyword === keyword
}

function holds(condition: Condition, facts: ConditionFacts, depth: number): boolean {
  if (depth > maxConditionDepth) {
    throw new ConfigurationError(
      `A condition is nested deeper than ${maxConditionDepth} levels. Read conditions with parseCondition() before they are evaluated.`,
    )
  }
  if ('all' in condition) return condition.all.every((member) => holds(member, facts, depth + 1))
  if ('any' in condition) return condition.any.some((member) => holds(member, facts, depth + 1))
  if ('not' in condition) return !holds(condition.not, facts, depth + 1)
  if ('attribute' in condition) return satisfies(valueAt(facts.contact.attributes, condition.attribute), condition)
  if ('tag' in condition) return facts.contact.tags.includes(condition.tag)
  if ('event' in condition) return happened(condition, facts)
  if ('delivery' in condition) return isShown(condition, facts)
  if ('arm' in condition) return own(facts.arms, condition.split) === condition.arm
  if ('trigger' in condition) return satisfies(valueAt(facts.trigger, condition.trigger), condition)
  if ('webhook' in condition)
    return satisfies(valueAt(own(facts.replies, condition.webhook), condition.field), condition)
  if ('consent' in condition) {
    return consentFor(facts.consents, condition.channel, condition.topic ?? null) === condition.consent
  }
  return replied(condition, facts)
}

function happened({ event, since, where = [], atLeast = 1 }: EventCondition, facts: ConditionFacts): boolean {
  const from = beginOf(since, facts)
  let missing = atLeast
  for (const { name, at, data } of facts.events) {
    if (missing <= 0) break
    if (name === event && at >= from && matchesData(where, data)) missing--
  }
  return missing <= 0
}

function replied({ keyword, since }: ReplyCondition, facts: ConditionFacts): boolean {
  const from = beginOf(since, facts)
  return facts.events.some((event) => event.at >= from && isHumanReply(event, keyword))
}

function beginOf(since: Since = 'enrollment', facts: ConditionFacts): Instant {
  if (since === 'ever') return Number.NEGATIVE_INFINITY
  return since === 'enrollment' ? facts.enrolledAt : facts.stepEnteredAt
}

function isShown({ delivery: test, step, machine = false }: DeliveryCondition, facts: ConditionFacts): boolean {
  const found = facts.deliveries.find(({ stepId }) => stepId === step)
  return found !== undefined && shows(found, test, machine)
}

function shows({ state, facts }: StepDelivery, test: DeliveryCondition['delivery'], machine: boolean): boolean {
  switch (test) {
    case 'sent':
      return state === 'sent'
    case 'delivered':
      return facts.delivered !== undefined
    case 'opened':
      return facts.opened !== undefined || (machine && facts.machine_opened !== undefined)
    case 'clicked':
      return facts.clicked !== undefined || (machine && facts.machine_clicked !== undefined)
    case 'bounced':
      // A soft bounce is a try that failed: once a later try was delivered, the message did not bounce.
      return facts.hard_bounced !== undefined || (facts.soft_bounced !== undefined && facts.delivered === undefined)
    case 'complained':
      return facts.complained !== undefined
    case 'failed':
      return state === 'failed' || facts.failed !== undefined
    case 'skipped':
      // Both mean that the message was not wanted any more when its time came.
      return state === 'skipped' || state === 'expired'
  }
}

function own<Value>(record: { readonly [key: string]: Value }, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
