import type { Campaign } from '../campaign/campaign.js'
import { clockTrigger } from '../campaign/occurrence.js'
import { messageReceived } from '../contact/contact.js'
import { asksFor, type FactNeeds, mergeNeeds, noNeeds, stepAsksFor, triggerAsksFor } from '../sequence/fact-plan.js'
import { edgesOf } from '../sequence/graph.js'
import { type Sequence, stepOf } from '../sequence/sequence.js'
import type { StepId, StepKind } from '../sequence/step.js'

const waits: ReadonlySet<StepKind> = new Set(['send', 'series', 'wait', 'waitFor', 'webhook', 'action'])

/**
 * What a decision about a run at a step can ask for: that step, every step it can come to without waiting, and the campaign's exits
 * and interrupts. One query per kind of fact and batch is enough.
 */
export function factPlan(
  campaign: Pick<Campaign, 'exits' | 'audience' | 'entry'>,
  sequence: Sequence,
  at: StepId,
): FactNeeds {
  return mergeNeeds(
    exitNeeds(campaign),
    interruptNeeds(sequence),
    ...stepsWithin(sequence, at).map(stepNeeds(sequence)),
  )
}

function stepsWithin(sequence: Sequence, at: StepId): readonly StepId[] {
  const found = new Set<StepId>([at])
  for (const id of found) {
    const step = stepOf(sequence, id)
    // A send in the middle may be skipped, and a wait may be over at once: what lies right behind is looked at too.
    if (step === undefined || (id !== at && waits.has(step.kind) && step.kind !== 'send' && step.kind !== 'wait'))
      continue
    for (const { to } of edgesOf(id, step)) found.add(to)
  }
  return [...found]
}

const stepNeeds =
  (sequence: Sequence) =>
  (id: StepId): FactNeeds => {
    const step = stepOf(sequence, id)
    return step === undefined ? noNeeds : stepAsksFor(step)
  }

function interruptNeeds(sequence: Sequence): FactNeeds {
  return mergeNeeds(...(sequence.on ?? []).map(({ when }) => triggerAsksFor(when)))
}

function exitNeeds({ exits, audience, entry }: Pick<Campaign, 'exits' | 'audience' | 'entry'>): FactNeeds {
  const byClock = clockTrigger({ entry }) !== null
  return mergeNeeds(
    byClock && audience !== undefined ? asksFor(audience) : noNeeds,
    ...exits.map(({ when }) => {
      if ('condition' in when) return asksFor(when.condition)
      if ('reply' in when) return { ...noNeeds, events: [{ name: messageReceived, since: 'enrollment' as const }] }
      return 'leavesAudience' in when && audience !== undefined ? asksFor(audience) : noNeeds
    }),
  )
}
