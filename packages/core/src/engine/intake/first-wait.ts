import type { Contact } from '../../contact/contact.js'
import type { NewRun } from '../../ports/store-inbox.js'
import type { ZoneBeginning } from '../../ports/store-recipients.js'
import type { RunDefinition, RunFacts } from '../../recipient/run-facts.js'
import { transition } from '../../recipient/transition.js'
import type { Instant } from '../../schedule/instant.js'
import { stepOf } from '../../sequence/sequence.js'

/**
 * How a run begins that waits in its first step for a time that only the zone of its contact decides: it is the same for everybody of
 * that zone, so it is decided once. Null = more than the zone is asked for, or the run does not wait there: it has to be claimed and
 * decided about alone. The decision is that of `transition`; what it asks for is watched.
 */
export function firstWait(
  definition: RunDefinition,
  run: NewRun,
  zone: string | null,
  now: Instant,
): ZoneBeginning | null {
  const { campaign, sequence } = definition
  const first = stepOf(sequence, sequence.start)
  // Only these look at nothing that tells one run from another, such as its id.
  if (first?.kind !== 'wait' && first?.kind !== 'series') return null
  if (Object.hasOwn(campaign.pausedSteps, sequence.start)) return null
  const { recipient: asGiven, again: _, ...identity } = run
  const known = factsOfZone(zone)
  const fresh = { ...asGiven, ...identity, id: 0, entryNo: 1, fence: 0, claims: 0 }
  const { recipient, effects } = transition(definition, fresh, { kind: 'due' }, known.facts, now)
  const counters = effects.flatMap((effect) =>
    effect.kind === 'count' ? [{ stepId: effect.stepId, name: effect.name }] : [],
  )
  const isWaiting = recipient.status === 'active' && recipient.visit === 1 && recipient.waiting === 'timer'
  if (known.askedForMore() || !isWaiting || counters.length < effects.length) return null
  const { id, entryNo, fence, claims, workspaceId, campaignId, contactId, runKey, version, ...begun } = recipient
  return { recipient: begun, counters }
}

/** What is known of anybody in a zone, and whether a decision asked for anything else. A run that has just begun has no deliveries. */
function factsOfZone(zone: string | null): { readonly facts: RunFacts; readonly askedForMore: () => boolean } {
  let asked = false
  const personal = <Value>(value: Value): Value => {
    asked = true
    return value
  }
  const contact: Contact = {
    zone,
    get id() {
      return personal('')
    },
    get addresses() {
      return personal({})
    },
    get locale() {
      return personal(null)
    },
    get attributes() {
      return personal({})
    },
    get tags() {
      return personal([])
    },
    get updatedAt() {
      return personal(null)
    },
  }
  const facts: RunFacts = {
    contact,
    get permissions() {
      return personal({ consents: [], suppressions: [] })
    },
    get events() {
      return personal([])
    },
    deliveries: [],
    get decisions() {
      return personal({})
    },
    newDeliveryId: () => personal(0),
  }
  return { facts, askedForMore: () => asked }
}
