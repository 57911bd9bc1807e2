import fc from 'fast-check'
import type { NewRun } from '../../ports/store-inbox.js'
import type { RunChange } from '../../ports/store-recipients.js'
import type { Recipient } from '../../recipient/recipient.js'
import { aChange, aDelivery, aMemory, aNewRun } from '../builders.js'
import { among, upTo } from './command.js'
import { type Subject, world } from './subject.js'

/** What a run to begin looks like. */
export const newRun = fc.record({
  workspaceId: among(['acme', ...world.workspaces]),
  campaignId: among(world.campaigns),
  contactId: among(world.contacts),
  runKey: among(['', 'order']),
  again: among(['never', 'afterExit', 'always'] as const),
  dueIn: upTo(5),
  channel: among(world.channels),
  priority: among(['immediate', 'bulk'] as const),
  parked: among([false, false, true]),
  arm: among(['a', 'b']),
})

/** Builds it; null = its campaign does not exist. */
export function buildRun(
  subject: Subject,
  chosen: typeof newRun extends fc.Arbitrary<infer Run> ? Run : never,
): NewRun | null {
  const { workspaceId, campaignId, contactId, dueIn, channel, priority, arm, ...rest } = chosen
  if (!subject.campaigns.has(`${workspaceId}/${campaignId}`)) return null
  const memory = aMemory({
    arms: { split: arm },
    assignedAt: { split: subject.now },
    entryEvent: { name: 'x', at: 0, data: {} },
  })
  const dueAt = subject.now + dueIn * 60_000
  return aNewRun({ workspaceId, id: campaignId }, contactId, { ...rest, dueAt, lane: { channel, priority }, memory })
}

/** What a decision may do to a run. */
export const move = among(['advance', 'advance', 'end', 'quarantine', 'park', 'unpark', 'defer', 'detach'] as const)

/** Builds the change. */
export async function buildChange(
  subject: Subject,
  run: Recipient,
  what: typeof move extends fc.Arbitrary<infer Move> ? Move : never,
): Promise<RunChange> {
  const { now } = subject
  const counters = [{ campaignId: run.campaignId, stepId: run.stepId, name: what, by: 1 }]
  const settled = { waiting: 'timer', deliveryId: null } as const
  switch (what) {
    case 'advance':
      return aChange(run, { ...settled, visit: run.visit + 1, dueAt: now + 60_000, claims: 0 }, { counters })
    case 'end':
      return aChange(run, { ...settled, status: 'exited', reason: 'goal', endedAt: now, dueAt: null }, { counters })
    case 'quarantine':
      return aChange(run, { ...settled, status: 'quarantined', reason: 'error', dueAt: null }, { counters })
    case 'park':
    case 'unpark':
      return aChange(run, { parked: what === 'park', dueAt: run.dueAt ?? now })
    case 'detach':
      return aChange(
        run,
        { dueAt: now },
        { detached: run.deliveryId === null ? [] : [{ deliveryId: run.deliveryId, lookAt: now + 60_000 }] },
      )
    case 'defer': {
      const visit = run.visit + 1
      const deferred = aDelivery(run, {
        id: await subject.newDeliveryId(run.workspaceId),
        visit,
        plannedAt: now,
        dueAt: now,
      })
      const change = { ...settled, visit, dueAt: now + 60_000 }
      const event = { id: `emitted-${subject.next()}`, contactId: run.contactId, name: 'visited', at: now, data: {} }
      return aChange(run, change, {
        deliveries: [deferred],
        events: [event],
        contact: { id: run.contactId, attributes: { plan: 'paid' } },
      })
    }
  }
}
