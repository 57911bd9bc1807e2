import type { JsonPath } from '../condition-nodes.js'
import type { Sequence } from '../sequence.js'
import type { MessageSpec, StepId } from '../step.js'

/** A message that a sequence can send, and where it is written. */
export interface SequenceMessage {
  readonly stepId: StepId
  /** The item of a series; null for a send. */
  readonly itemId: string | null
  readonly message: MessageSpec
  /** From the root of the sequence: `['steps', 'welcome']`, `['steps', 'reminders', 'items', 0]`. */
  readonly path: JsonPath
}

/** Every message of a sequence, in the order in which it is written. */
export function messagesOf(sequence: Sequence): readonly SequenceMessage[] {
  return Object.entries(sequence.steps).flatMap(([stepId, step]): readonly SequenceMessage[] => {
    if (step.kind === 'send') return [{ stepId, itemId: null, message: step, path: ['steps', stepId] }]
    if (step.kind !== 'series') return []
    return step.items.map((item, index) => ({
      stepId,
      itemId: item.id,
      message: item,
      path: ['steps', stepId, 'items', index],
    }))
  })
}

/** The id of a message's template, without a pinned version. */
export function templateIdOf({ template }: MessageSpec): string {
  return typeof template === 'string' ? template : template.id
}
