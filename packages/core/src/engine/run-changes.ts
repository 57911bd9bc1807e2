import type { RunChange } from '../ports/store-recipients.js'
import { quarantinedRun } from '../recipient/quarantine.js'
import type { Recipient } from '../recipient/recipient.js'
import type { EngineContext } from './context.js'
import type { Decision } from './decide.js'

/** Takes a run out of the way; its neighbors go on. `error` is what its decision failed with, for `explain`. */
export function quarantined(run: Recipient, reason: string, error?: unknown): RunChange {
  const why = error === undefined ? null : { error: error instanceof Error ? error.message : String(error) }
  const change = asIs(run, quarantinedRun(run, reason, why))
  const counter = { campaignId: run.campaignId, stepId: '', name: `recipient.quarantined.${reason}`, by: 1 }
  return { ...change, counters: [counter] }
}

/** A write that changes nothing but the run. */
export function asIs(before: Recipient, recipient: Recipient): RunChange {
  return {
    workspaceId: before.workspaceId,
    recipientId: before.id,
    expectedFence: before.fence,
    recipient,
    keepsClaim: false,
    deliveries: [],
    contact: null,
    permissions: [],
    events: [],
    counters: [],
    detached: [],
  }
}

/** Gives claims back untouched. */
export async function releaseClaims({ store }: EngineContext, decisions: readonly Decision[]): Promise<void> {
  if (decisions.length === 0) return
  await store.recipients.release(
    decisions.map(({ before }) => ({ workspaceId: before.workspaceId, recipientId: before.id, fence: before.fence })),
  )
}
