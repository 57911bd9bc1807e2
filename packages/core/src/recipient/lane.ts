import { stepOf } from '../sequence/sequence.js'
import type { MessageSpec, Priority, StepId } from '../sequence/step.js'
import type { Lane, Recipient } from './recipient.js'
import type { RunDefinition } from './run-facts.js'

const noSend: Lane = { channel: '', priority: 'normal' }

/**
 * The lane of a run: the channel and priority of the message that its next claim would start, so that a blocked account's runs
 * are not even read. A run whose next message is not certain stays out of any channel's lane.
 */
export function laneOf({ sequence }: Pick<RunDefinition, 'sequence'>, recipient: Recipient): Lane {
  const step = stepOf(sequence, recipient.stepId)
  if (step?.kind === 'send') return messageLane(step)
  if (step?.kind === 'wait') return sendBehind(sequence.steps, step.next)
  if (step?.kind !== 'series') return noSend
  const next = step.items.find(({ id }) => recipient.memory.plans[id]?.dueAt === recipient.dueAt)
  return next === undefined ? noSend : messageLane(next)
}

function sendBehind(steps: RunDefinition['sequence']['steps'], next: StepId): Lane {
  const step = Object.hasOwn(steps, next) ? steps[next] : undefined
  return step?.kind === 'send' ? messageLane(step) : noSend
}

function messageLane({ channel, priority = 'normal' }: MessageSpec & { priority?: Priority }): Lane {
  return { channel, priority }
}
