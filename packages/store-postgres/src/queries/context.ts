import type { Lane } from '@drumbeat/core'
import type { Clock } from '../connection/clock.js'
import type { Connection } from '../connection/connection.js'
import type { Database } from '../connection/database.js'
import { batch } from '../sql/batch.js'
import { keyOf } from '../sql/rounds.js'
import { int } from '../sql/values.js'
import type { Retention } from './retention.js'

/** What every group of queries works with. */
export interface QueryContext {
  readonly database: Database
  /** The schema's quoted name. */
  readonly s: string
  readonly clock: Clock
  readonly lanes: Lanes
  /** How many ids a range of the delivery tables holds. */
  readonly idsPerRange: number
  readonly retention: Retention
}

interface LaneKey {
  readonly workspaceId: string
  readonly channel: string
  readonly priority: string
}

const laneRows = batch<LaneKey>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  channel: ['text', ({ channel }) => channel],
  priority: ['text', ({ priority }) => priority],
})

/** Gives the number of a run's lane. */
export type LaneOf = (run: { readonly workspaceId: string; readonly lane: Lane }) => number

/** The numbers of lanes, kept in memory once they are committed: they never change. */
export class Lanes {
  /** The lane at which the last claim ended that had more lanes than places; 0 = it reached them all. */
  lastServed = 0
  private readonly known = new Map<string, number>()

  constructor(private readonly s: string) {}

  /** The numbers of these lanes, which are made if they are new. */
  async of(
    connection: Connection,
    runs: readonly { readonly workspaceId: string; readonly lane: Lane }[],
  ): Promise<LaneOf> {
    const keys = new Map(runs.map((run) => [laneKey(run), { workspaceId: run.workspaceId, ...run.lane }]))
    const missing = [...keys].filter(([key]) => !this.known.has(key)).map(([, lane]) => lane)
    const made = missing.length > 0 ? await this.make(connection, missing) : new Map<string, number>()
    return (run) => this.known.get(laneKey(run)) ?? made.get(laneKey(run)) ?? 0
  }

  /**
   * Makes lanes that are new. One that this transaction has made itself (`age` 0 or less) goes with it if it rolls back, so only
   * those of earlier transactions are remembered.
   */
  private async make(connection: Connection, missing: readonly LaneKey[]): Promise<ReadonlyMap<string, number>> {
    const { s } = this
    await connection.query(
      `insert into ${s}.lanes (workspace_id, channel, priority)
       select ${laneRows.columns} from ${laneRows.from('t')} on conflict do nothing`,
      laneRows.params(missing),
    )
    const found = await connection.query<{ id: number; committed: boolean } & LaneKey>(
      `select ${int('l.id')} as id, age(l.xmin) > 0 as committed, l.workspace_id as "workspaceId", l.channel, l.priority
       from ${s}.lanes l join ${laneRows.from('t')} using (workspace_id, channel, priority)`,
      laneRows.params(missing),
    )
    const made = new Map<string, number>()
    for (const { id, committed, workspaceId, channel, priority } of found) {
      const key = laneKey({ workspaceId, lane: { channel, priority: priority as Lane['priority'] } })
      made.set(key, id)
      if (committed) this.known.set(key, id)
    }
    return made
  }
}

function laneKey({ workspaceId, lane }: { readonly workspaceId: string; readonly lane: Lane }): string {
  return keyOf(workspaceId, lane.channel, lane.priority)
}
