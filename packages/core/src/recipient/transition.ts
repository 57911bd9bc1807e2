import type { Instant } from '../schedule/instant.js'
import { defaultMaxVisits, stepOf } from '../sequence/sequence.js'
import type { Step } from '../sequence/step.js'
import { Draft, end, longestDecision, type Move, stay } from './draft.js'
import type { Effect } from './effect.js'
import { exitByOtherRun, exitsBefore } from './exits.js'
import type { Input, Outcome } from './input.js'
import { interruptedBy } from './interrupts.js'
import { laneOf } from './lane.js'
import { quarantinedRun } from './quarantine.js'
import { isLive, type Recipient } from './recipient.js'
import { releaseDeliveries } from './release-deliveries.js'
import { resume } from './resume.js'
import { eventsOfRun, type RunDefinition, type RunFacts } from './run-facts.js'
import { followDate, start } from './start.js'
import type { StepBehavior } from './steps/behavior.js'
import { behaviorOf } from './steps/index.js'

/** What a decision leads to: the run as it is to be, and what is to be done. */
export interface Transition {
  readonly recipient: Recipient
  /** In order. Empty = nothing to do. */
  readonly effects: readonly Effect[]
}

/**
 * The heart: decides what an input does to a run. Pure: the same arguments give the same answer. A run that has ended is
 * returned as it is; a live one that comes out has exactly one of a timer, an event wait with a deadline, an open delivery with a
 * deadline, and a hold with a deadline. The engine, the simulator and `explain` all call this one function.
 */
export function transition(
  definition: RunDefinition,
  recipient: Recipient,
  input: Input,
  facts: RunFacts,
  now: Instant,
): Transition {
  if (!isLive(recipient)) return { recipient, effects: [] }
  const draft = new Draft(definition, recipient, facts, now)
  advance(draft, react(draft, input))
  if (!isLive(draft.recipient)) return { recipient: draft.recipient, effects: draft.effects }
  const lane = laneOf(definition, draft.recipient)
  const { channel, priority } = draft.recipient.lane
  if (lane.channel !== channel || lane.priority !== priority) draft.set({ lane })
  return { recipient: draft.recipient, effects: draft.effects }
}

/** Follows moves from step to step until the run waits or ends. */
function advance(draft: Draft, first: Move): void {
  let move = first
  for (let steps = 0; move.move === 'go' && steps < longestDecision; steps++) move = step(draft, move)
  if (move.move === 'end') finish(draft, move.reason)
  if (move.move === 'go') quarantine(draft, 'endless_loop')
}

/** Goes on to one step. */
function step(draft: Draft, { to, via, hangsOn }: Extract<Move, { move: 'go' }>): Move {
  const { sequence } = draft.definition
  const next = stepOf(sequence, to)
  if (next === undefined) return end('step_missing')
  const visits = draft.memory.visits[to] ?? 0
  if (via !== 'replanned' && visits >= (sequence.maxVisits ?? defaultMaxVisits)) return end('visit_limit')
  draft.enter(to, via, hangsOn ?? null)
  return exitsBefore(draft, 'beforeStep') ?? behaviorFor(next).enter(draft, next)
}

function react(draft: Draft, input: Input): Move {
  const { recipient } = draft
  if (input.kind === 'withdraw') return end(input.reason)
  if (input.kind === 'resume') return resume(draft, input)
  const entered = recipient.visit > 0
  const { sequence } = draft.definition
  const stepId = entered ? recipient.stepId : sequence.start
  const at = stepOf(sequence, stepId)
  if (at === undefined) return end('step_missing')
  switch (input.kind) {
    case 'due':
      if (recipient.dueAt !== null && recipient.dueAt > draft.now) return stay
      if (!entered) return start(draft, stepId)
      return exitsBefore(draft, 'immediately') ?? behaviorFor(at).due(draft, at)
    case 'event':
      return onEvent(draft, at, input, entered)
    case 'changed':
      return exitsBefore(draft, 'immediately') ?? (entered ? onChange(draft, at) : followDate(draft))
    case 'outcome':
      return onOutcome(draft, at, input.outcome)
  }
}

function onEvent(draft: Draft, step: Step, { event }: Extract<Input, { kind: 'event' }>, entered: boolean): Move {
  const exitElsewhere = exitByOtherRun(draft, event)
  if (exitElsewhere !== null) return exitElsewhere
  if (eventsOfRun(draft.definition, draft.recipient, [event]).length === 0) return stay
  const exit = exitsBefore(draft, 'immediately')
  if (exit !== null) return exit
  const interrupt = interruptedBy(draft, event)
  if (interrupt !== null) return interrupt
  if (!entered) return stay
  const behavior = behaviorFor(step)
  const move = behavior.event?.(draft, step, event) ?? stay
  return move.move === 'stay' ? onChange(draft, step) : move
}

function onChange(draft: Draft, step: Step): Move {
  return behaviorFor(step).changed?.(draft, step) ?? stay
}

function onOutcome(draft: Draft, step: Step, outcome: Outcome): Move {
  if (draft.recipient.waiting !== 'delivery') return stay
  return behaviorFor(step).outcome?.(draft, step, outcome) ?? stay
}

/** The behavior of a step's kind, typed for any step: the table in `steps/` pairs them by kind. */
function behaviorFor(step: Step): StepBehavior<Step> {
  return behaviorOf(step.kind)
}

/** Ends the run: cancels what was put off, keeps looking for what became of an open call. */
function finish(draft: Draft, reason: string): void {
  releaseDeliveries(draft, reason)
  const completed = reason === 'completed'
  const viaExitStep = stepOf(draft.definition.sequence, draft.recipient.stepId)?.kind === 'exit'
  const status = completed || (viaExitStep && reason === 'goal') ? 'completed' : 'exited'
  draft.set({ status, reason, endedAt: draft.now, dueAt: null, waiting: 'timer', deliveryId: null, parked: false })
  draft.count(`recipient.${status}.${reason}`, '')
  draft.emit({ kind: 'finish', reason })
}

function quarantine(draft: Draft, reason: string): void {
  releaseDeliveries(draft, reason)
  draft.set({ waiting: 'timer', dueAt: draft.now, deliveryId: null, parked: false })
  draft.set(quarantinedRun(draft.recipient, reason))
  draft.count(`recipient.quarantined.${reason}`, '')
}
