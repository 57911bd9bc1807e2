import { isLive, type Lane } from '@drumbeat/core'
import { compareDue, DueHeap, type HeapEntry } from './heap.js'
import { keyOf } from './keys.js'
import type { RunWithOwner, Standing, StoredRun } from './stored-run.js'
import type { Table } from './table.js'

/** The unclaimed runs of one workspace whose next message goes by one channel at one priority. */
export interface DueLane extends Lane {
  readonly workspaceId: string
  /** The run that falls due first; undefined = the lane is empty. */
  first(): StoredRun | undefined
}

/**
 * What falls due when, by lane: live runs that are neither parked nor claimed. Entries of runs that have changed since stay in the
 * heap until they come up, and are then dropped.
 */
export class DueIndex {
  private readonly lanes = new Map<string, DueLane & { readonly heap: DueHeap }>()
  private readonly served = new Map<string, number>()
  private turns = 0

  constructor(private readonly runs: Table<number, StoredRun, RunWithOwner>) {
    runs.follow((_, after) => {
      if (after !== undefined && isWaiting(after)) this.laneOf(after).heap.push(entryOf(after))
    })
  }

  /** Takes note that a run of this lane is claimed now. */
  serve(key: string): void {
    this.turns++
    this.served.set(key, this.turns)
  }

  /** At which turn a run of this lane was claimed last; 0 = never. */
  servedAt(key: string): number {
    return this.served.get(key) ?? 0
  }

  all(): readonly DueLane[] {
    return [...this.lanes.values()]
  }

  private laneOf({ standing }: StoredRun): { readonly heap: DueHeap } {
    const { workspaceId, lane } = standing
    const key = laneKey(standing)
    const known = this.lanes.get(key)
    if (known !== undefined) return known
    const heap = new DueHeap()
    const created = { ...lane, workspaceId, heap, first: () => this.firstOf(key, heap) }
    this.lanes.set(key, created)
    return created
  }

  private firstOf(key: string, heap: DueHeap): StoredRun | undefined {
    for (;;) {
      const entry = heap.peek()
      if (entry === undefined) return undefined
      const stored = this.runs.get(entry.id)
      if (
        stored !== undefined &&
        isWaiting(stored) &&
        stored.standing.dueAt === entry.dueAt &&
        laneKey(stored.standing) === key
      ) {
        return stored
      }
      heap.pop()
    }
  }
}

/** Tells lanes apart. */
export function laneKey({ workspaceId, lane }: Standing): string {
  return keyOf(workspaceId, lane.channel, lane.priority)
}

/** The order in which runs fall due. */
export function byDue(a: StoredRun, b: StoredRun): number {
  return compareDue(entryOf(a), entryOf(b))
}

function isWaiting({ standing, owner }: StoredRun): boolean {
  return isLive(standing) && !standing.parked && standing.dueAt !== null && owner === null
}

function entryOf({ id, standing }: StoredRun): HeapEntry {
  return { dueAt: standing.dueAt ?? Number.POSITIVE_INFINITY, id }
}
