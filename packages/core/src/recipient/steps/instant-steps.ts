import type { Contact } from '../../contact/contact.js'
import { type PermissionChange, withChanges } from '../../contact/permission-change.js'
import type { BranchStep, ExitStep, UpdateStep } from '../../sequence/step.js'
import { type Draft, end, go, type Move } from '../draft.js'
import type { StepBehavior } from './behavior.js'

/** A step that decides as soon as the run comes to it. */
const instantly = <Kind extends BranchStep | UpdateStep | ExitStep>(
  decide: (draft: Draft, step: Kind) => Move,
): StepBehavior<Kind> => ({ enter: decide, due: decide })

/** Takes the first path whose condition holds. */
export const branchBehavior = instantly<BranchStep>((draft, step) => {
  const index = step.cases.findIndex(({ when }) => draft.holds(when))
  const found = step.cases[index]
  return found === undefined ? go(step.otherwise, 'otherwise') : go(found.next, `case ${index + 1}`)
})

/** Ends the run. */
export const exitBehavior = instantly<ExitStep>((_draft, step) => end(step.reason ?? 'completed'))

/** Changes the contact; the steps that follow see it changed. */
export const updateBehavior = instantly<UpdateStep>((draft, step) => {
  const { contact, now, known } = draft
  const changed = updated(contact, step)
  const permissions: PermissionChange[] = []
  for (const { channel, topic = null, status } of step.consent ?? []) {
    const source = `step ${draft.recipient.stepId}`
    permissions.push({
      kind: 'consent',
      contactId: contact.id,
      consent: { channel, topic, status, at: now, source },
    })
  }
  for (const channel of step.suppress ?? []) {
    const address = contact.addresses[channel]
    if (address === undefined) continue
    permissions.push({ kind: 'suppress', suppression: { channel, address, topic: null, reason: 'manual', at: now } })
  }
  const changes = step.set !== undefined || step.addTags !== undefined || step.removeTags !== undefined
  draft.learn({
    contact: changed,
    permissions: withChanges(known.permissions, permissions),
  })
  draft.emit({
    kind: 'update',
    contact: changes ? { id: contact.id, attributes: step.set, tags: changed.tags } : null,
    permissions,
  })
  if (step.emit !== undefined) draft.emit({ kind: 'emit', event: step.emit.event, data: step.emit.data ?? {} })
  return go(step.next, 'next')
})

function updated(contact: Contact, step: UpdateStep): Contact {
  const attributes = { ...contact.attributes, ...step.set }
  const kept = contact.tags.filter((tag) => !step.removeTags?.includes(tag))
  return { ...contact, attributes, tags: [...new Set([...kept, ...(step.addTags ?? [])])] }
}
