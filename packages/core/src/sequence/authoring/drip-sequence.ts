import type { Moment } from '../../schedule/moment.js'
import type { Condition } from '../condition.js'
import { templateIdOf } from '../parts/messages.js'
import type { Sequence } from '../sequence.js'
import { parseSequence } from '../sequence-schema.js'
import type { MessageSpec, Step, StepId } from '../step.js'
import { namedSteps } from './named-steps.js'

/** One message of a simple drip, with what comes before it. */
export interface DripMessage extends MessageSpec {
  /** The id of its step. Default: the template's id, with `-2`, `-3`, … where it was used before. */
  readonly id?: StepId
  /** How long to wait before this message: an ISO-8601 duration from the message before, or any moment. */
  readonly wait?: string | Moment
  /** Then until the next such time of day: `08:00`. */
  readonly until?: Moment['until']
  /** Without it holding when its time has come, this message is left out and the next one is turned to. */
  readonly when?: Condition
}

/** The step that ends a drip. */
const end = 'done'

/**
 * A flat list of messages as a sequence: each is waited for, then its condition is judged, then it is sent. The steps of a message are
 * named `<id>/wait`, `<id>/when` and `<id>`; the last one leads to `done`.
 * @throws {SequenceInvalidError} when a message is not valid,or two have one id.
 */
export function dripSequence(messages: readonly DripMessage[]): Sequence {
  const ids = stepIds(messages)
  const blocks: (readonly (readonly [StepId, Step])[])[] = [[[end, { kind: 'exit' }]]]
  // From the last to the first: each leads to the first step of what comes after it.
  for (const [index, message] of [...messages.entries()].reverse()) {
    blocks.unshift(blockOf(ids[index] as StepId, message, firstOf(blocks)))
  }
  return parseSequence({ schema: 1, start: firstOf(blocks), steps: namedSteps(blocks.flat()) })
}

function firstOf(blocks: readonly (readonly (readonly [StepId, Step])[])[]): StepId {
  return blocks[0]?.[0]?.[0] ?? end
}

function blockOf(id: StepId, message: DripMessage, after: StepId): readonly (readonly [StepId, Step])[] {
  const { id: _id, wait, until, when, ...spec } = message
  const send: Step = { kind: 'send', ...spec, next: after }
  const branch: Step | null =
    when === undefined ? null : { kind: 'branch', cases: [{ when, next: id }], otherwise: after }
  const moment = momentOf(wait, until)
  const pause: Step | null =
    moment === null ? null : { kind: 'wait', ...moment, next: branch === null ? id : `${id}/when` }
  return [
    ...(pause === null ? [] : [[`${id}/wait`, pause] as const]),
    ...(branch === null ? [] : [[`${id}/when`, branch] as const]),
    [id, send],
  ]
}

function momentOf(wait: DripMessage['wait'], until: DripMessage['until']): Moment | null {
  if (wait === undefined && until === undefined) return null
  const moment = typeof wait === 'string' ? { for: wait } : (wait ?? {})
  return until === undefined ? moment : { ...moment, until }
}

/** An id per message, each different, and none that of the end. Numbers count up per template, so that the cost stays linear. */
function stepIds(messages: readonly DripMessage[]): readonly StepId[] {
  const taken = new Set<StepId>([end, ...messages.flatMap(({ id }) => id ?? [])])
  const counts = new Map<string, number>()
  return messages.map((message) => {
    if (message.id !== undefined) return message.id
    // Callers without types may leave it out; then parseSequence says so.
    const template = message.template === undefined ? 'message' : templateIdOf(message)
    let count = counts.get(template) ?? 0
    let id: StepId
    do id = ++count === 1 ? template : `${template}-${count}`
    while (taken.has(id))
    counts.set(template, count)
    taken.add(id)
    return id
  })
}
