import { isLive, type Lane } from '@drumbeat/core'
import { compareDue, DueHeap, type HeapEntry } from './heap.js'
import { keyOf } from './keys.js'
import type { StoredRun } from './state.js'
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

  constructor(private readonly runs: Table<number, StoredRun>) {
    runs.follow((_, after) => {
      if (after !== undefined && isWaiting(after)) this.laneOf(after).heap.push(entryOf(after))
    })
  }

  all(): readonly DueLane[] {
    return [...this.lanes.values()]
  }

  private laneOf({ run }: StoredRun): { readonly heap: DueHeap } {
    const { workspaceId, lane } = run
    const key = laneKey(run)
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
        stored.run.dueAt === entry.dueAt &&
        laneKey(stored.run) === key
      ) {
        return stored
      }
      heap.pop()
    }
  }
}

/** Tells lanes apart. */
export function laneKey({ workspaceId, lane }: StoredRun['run']): string {
  return keyOf(workspaceId, lane.channel, lane.priority)
}

/** The order in which runs fall due. */
export function byDue(a: StoredRun, b: StoredRun): number {
  return compareDue(entryOf(a), entryOf(b))
}

function isWaiting({ run, owner }: StoredRun): boolean {
  return isLive(run) && !run.parked && run.dueAt !== null && owner === null
}

function entryOf({ run }: StoredRun): HeapEntry {
  return { dueAt: run.dueAt ?? Number.POSITIVE_INFINITY, id: run.id }
}
