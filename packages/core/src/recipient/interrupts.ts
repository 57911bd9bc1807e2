import type { ContactEvent } from '../contact/contact.js'
import { type Draft, go, type Move } from './draft.js'
import { releaseDeliveries } from './release-deliveries.js'
import { satisfies } from './steps/wait-for-step.js'

/** Where an interrupt takes the run because of this event; null = none does. The first that matches wins. */
export function interruptedBy(draft: Draft, event: ContactEvent): Move | null {
  const { memory, recipient, definition } = draft
  const interrupts = definition.sequence.on ?? []
  const index = interrupts.findIndex(
    ({ when, once, within }, position) =>
      event.seq > memory.afterSeq &&
      event.at >= recipient.enrolledAt &&
      satisfies(when, event) &&
      !(once === true && memory.interrupted.includes(position)) &&
      (within === undefined || (recipient.visit > 0 && within.includes(recipient.stepId))),
  )
  const interrupt = interrupts[index]
  if (interrupt === undefined) return null
  releaseDeliveries(draft, 'interrupted')
  const at = Math.min(event.at, draft.now)
  draft.remember({
    trigger: { name: event.name, at, data: event.data },
    interrupted: [...new Set([...memory.interrupted, index])],
    afterSeq: event.seq,
  })
  draft.countFrom(at)
  return go(interrupt.goto, `interrupt ${event.name}`)
}
