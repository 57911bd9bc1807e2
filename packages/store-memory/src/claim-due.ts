import type { Priority, Recipient, RecipientStore } from '@drumbeat/core'
import { byDue, laneKey } from './due-index.js'
import { keyOf } from './keys.js'
import { isAlive } from './memory-control.js'
import type { State } from './state.js'
import type { StoredRun } from './stored-run.js'

type Request = Parameters<RecipientStore['claimDue']>[0]

/** A lane that has something due, and what it gives next. */
interface Supply {
  readonly key: string
  readonly priority: Priority
  readonly first: () => StoredRun | undefined
}

const urgency: Readonly<Record<Priority, number>> = { immediate: 0, normal: 1, bulk: 2 }

/** Leases due runs: one of each lane of each workspace in turn, and again from the start as long as there are any. */
export function claimDue(state: State, request: Request): readonly Recipient[] {
  const claimed: Recipient[] = []
  let supplies = inTurn(state, suppliesOf(state, request))
  while (supplies.length > 0) {
    for (const { key, first } of supplies) {
      const next = first()
      if (next === undefined) continue
      if (claimed.length >= request.limit) return claimed
      const run = { ...next.run, fence: next.run.fence + 1, claims: next.run.claims + 1 }
      claimed.push(state.runs.set(run.id, { run, owner: request.owner }).run)
      state.due.serve(key)
    }
    supplies = supplies.filter(({ first }) => first() !== undefined)
  }
  return claimed
}

/** The most urgent lanes first; of those the one that was served the longest ago, then the one with the oldest run. */
function inTurn({ due }: State, supplies: readonly Supply[]): readonly Supply[] {
  const oldest = ({ first }: Supply) => first()?.standing.dueAt ?? Number.POSITIVE_INFINITY
  return [...supplies].sort(
    (a, b) =>
      urgency[a.priority] - urgency[b.priority] || due.servedAt(a.key) - due.servedAt(b.key) || oldest(a) - oldest(b),
  )
}

function suppliesOf(state: State, request: Request): readonly Supply[] {
  const isDue = (stored: StoredRun | undefined) => (stored?.standing.dueAt ?? Number.POSITIVE_INFINITY) <= request.now
  const isBlocked = (workspaceId: string, channel: string): boolean =>
    request.blocked.some((lane) => lane.channel === channel && (lane.workspaceId ?? workspaceId) === workspaceId)
  const abandoned = abandonedRuns(state, request).filter(isDue).sort(byDue)
  const supplies = new Map<string, Supply>()
  for (const stored of abandoned) {
    const key = laneKey(stored.standing)
    if (supplies.has(key)) continue
    const queue = abandoned.filter(({ standing }) => laneKey(standing) === key)
    const { workspaceId, lane } = stored.standing
    if (!isBlocked(workspaceId, lane.channel))
      supplies.set(key, { key, priority: lane.priority, first: () => firstOf(state, queue) })
  }
  for (const lane of state.due.all()) {
    if (isBlocked(lane.workspaceId, lane.channel) || !isDue(lane.first())) continue
    const key = keyOf(lane.workspaceId, lane.channel, lane.priority)
    const others = supplies.get(key)
    const first = () => earlier(isDue(lane.first()) ? lane.first() : undefined, others?.first())
    supplies.set(key, { key, priority: lane.priority, first })
  }
  return [...supplies.values()]
}

/** Runs claimed by engines that are not alive any more. */
function abandonedRuns(state: State, { now, skewMs }: Request): StoredRun[] {
  return state.claimsOf.groups().flatMap((group) => {
    const rows = state.claimsOf.of(group)
    const owner = rows[0]?.owner ?? null
    if (owner === null || isAlive(state, owner, now, skewMs)) return []
    return rows.filter(({ standing }) => !standing.parked)
  })
}

/** The first of a queue that is still as it was when it was queued. */
function firstOf(state: State, queue: StoredRun[]): StoredRun | undefined {
  while (queue[0] !== undefined && state.runs.get(queue[0].id) !== queue[0]) queue.shift()
  return queue[0]
}

function earlier(a: StoredRun | undefined, b: StoredRun | undefined): StoredRun | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return byDue(a, b) < 0 ? a : b
}
