import type { Hint } from '../ports/queue.js'
import type { Recipient } from '../recipient/recipient.js'
import type { EngineContext } from './context.js'

const runsPerHint = 500

type Context = Pick<EngineContext, 'queue' | 'clock' | 'wakeUp'>

/** Says, after it was committed, that something was reported in a workspace. Never fails: engines find it by themselves. */
export function hintInbox({ queue, wakeUp }: Context, workspaceId: string): void {
  wakeUp.call()
  void queue?.push([{ kind: 'inbox', workspaceId }]).catch(() => {})
}

/** Says, after they were committed, which runs are due. Never fails: engines find them by themselves. */
export function hintDue(
  { queue, clock, wakeUp }: Context,
  runs: readonly Pick<Recipient, 'id' | 'lane' | 'dueAt'>[],
): void {
  wakeUp.call()
  if (queue === null) return
  const now = clock.now()
  const byLane = new Map<string, { readonly lane: Recipient['lane']; readonly ids: number[] }>()
  for (const { id, lane, dueAt } of runs) {
    if (dueAt === null || dueAt > now) continue
    const key = `${lane.priority} ${lane.channel}`
    const group = byLane.get(key) ?? { lane, ids: [] }
    byLane.set(key, group)
    group.ids.push(id)
  }
  const hints: Hint[] = []
  for (const { lane, ids } of byLane.values())
    for (let from = 0; from < ids.length; from += runsPerHint)
      hints.push({ kind: 'due', lane, recipientIds: ids.slice(from, from + runsPerHint) })
  if (hints.length > 0) void queue.push(hints).catch(() => {})
}
