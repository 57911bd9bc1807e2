import type { Priority, Recipient, RecipientStore } from '@drumbeat/core'
import { byDue, laneKey } from './due-index.js'
import { keyOf } from './keys.js'
import { isAlive } from './memory-control.js'
import type { State, StoredRun } from './state.js'

type Request = Parameters<RecipientStore['claimDue']>[0]

/** A lane that has something due, and what it gives next. */
interface Supply {
  readonly workspaceId: string
  readonly priority: Priority
  readonly first: () => StoredRun | undefined
}

const urgency: Readonly<Record<Priority, number>> = { immediate: 0, normal: 1, bulk: 2 }

/** Leases due runs: a run of each workspace in turn and, within a workspace, of each of its lanes in turn. */
export function claimDue(state: State, request: Request): readonly Recipient[] {
  const claimed: Recipient[] = []
  let workspaces = byWorkspace(suppliesOf(state, request))
  while (workspaces.length > 0 && claimed.length < request.limit) {
    for (const lanes of workspaces) {
      const lane = lanes.shift()
      const next = lane?.first()
      if (lane === undefined || next === undefined || claimed.length >= request.limit) continue
      const run = { ...next.run, fence: next.run.fence + 1, claims: next.run.claims + 1 }
      claimed.push(state.runs.set(run.id, { run, owner: request.owner }).run)
      if (lane.first() !== undefined) lanes.push(lane)
    }
    workspaces = workspaces.filter((lanes) => lanes.length > 0)
  }
  return claimed
}

function suppliesOf(state: State, request: Request): readonly Supply[] {
  const isDue = (stored: StoredRun | undefined) => (stored?.run.dueAt ?? Number.POSITIVE_INFINITY) <= request.now
  const isBlocked = (workspaceId: string, channel: string): boolean =>
    request.blocked.some((lane) => lane.channel === channel && (lane.workspaceId ?? workspaceId) === workspaceId)
  const abandoned = abandonedRuns(state, request).filter(isDue).sort(byDue)
  const supplies = new Map<string, Supply>()
  for (const stored of abandoned) {
    const key = laneKey(stored.run)
    if (supplies.has(key)) continue
    const queue = abandoned.filter(({ run }) => laneKey(run) === key)
    const { workspaceId, lane } = stored.run
    if (!isBlocked(workspaceId, lane.channel)) {
      supplies.set(key, { workspaceId, priority: lane.priority, first: () => firstOf(state, queue) })
    }
  }
  for (const lane of state.due.all()) {
    if (isBlocked(lane.workspaceId, lane.channel) || !isDue(lane.first())) continue
    const key = keyOf(lane.workspaceId, lane.channel, lane.priority)
    const others = supplies.get(key)
    const first = () => earlier(isDue(lane.first()) ? lane.first() : undefined, others?.first())
    supplies.set(key, { workspaceId: lane.workspaceId, priority: lane.priority, first })
  }
  return [...supplies.values()]
}

/** Runs claimed by engines that are not alive any more. */
function abandonedRuns(state: State, { now, skewMs }: Request): StoredRun[] {
  return state.claimsOf.groups().flatMap((group) => {
    const rows = state.claimsOf.of(group)
    const owner = rows[0]?.owner ?? null
    if (owner === null || isAlive(state, owner, now, skewMs)) return []
    return rows.filter(({ run }) => !run.parked)
  })
}

/** The first of a queue that is still as it was when it was queued. */
function firstOf(state: State, queue: StoredRun[]): StoredRun | undefined {
  while (queue[0] !== undefined && state.runs.get(queue[0].run.id) !== queue[0]) queue.shift()
  return queue[0]
}

function earlier(a: StoredRun | undefined, b: StoredRun | undefined): StoredRun | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return byDue(a, b) < 0 ? a : b
}

/** The supplies of each workspace, the most urgent lane first; that workspace first which has waited longest. */
function byWorkspace(supplies: readonly Supply[]): Supply[][] {
  const oldest = ({ first }: Supply) => first()?.run.dueAt ?? Number.POSITIVE_INFINITY
  const workspaces = new Map<string, Supply[]>()
  for (const supply of [...supplies].sort((a, b) => oldest(a) - oldest(b))) {
    const lanes = workspaces.get(supply.workspaceId)
    if (lanes === undefined) workspaces.set(supply.workspaceId, [supply])
    else lanes.push(supply)
  }
  return [...workspaces.values()].map((lanes) => lanes.sort((a, b) => urgency[a.priority] - urgency[b.priority]))
}
