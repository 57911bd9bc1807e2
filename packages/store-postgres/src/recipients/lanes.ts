import type { Lane } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import type { Database } from '../connection/database.js'
import { batch } from '../sql/batch.js'
import { keyOf } from '../sql/rounds.js'

/** A lane of a workspace. */
export interface LaneOf {
  readonly workspaceId: string
  readonly lane: Lane
}

const lanes = batch<LaneOf>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  channel: ['text', ({ lane }) => lane.channel],
  priority: ['text', ({ lane }) => lane.priority],
})

/** The numbers of lanes. They never change, so each is asked for once per process. */
export class Lanes {
  private readonly known = new Map<string, number>()

  constructor(
    private readonly database: Database,
    private readonly schema: string,
  ) {}

  /**
   * Numbers for these lanes, new ones where needed. To be called before a transaction of ours begins: in it we would need a second
   * connection, and a rollback would take back numbers that we keep.
   */
  async number(wanted: readonly LaneOf[]): Promise<LaneNumbers> {
    const unknown = distinct(wanted).filter((lane) => !this.known.has(laneKey(lane)))
    if (unknown.length > 0) {
      const found = await this.database.write((connection) => numbersOf(connection, this.schema, unknown))
      for (const [key, id] of found) this.known.set(key, id)
    }
    return new LaneNumbers(this.known)
  }

  /** The same inside a host's transaction, whose rollback takes new numbers back: they are not kept. */
  async numberIn(connection: Connection, wanted: readonly LaneOf[]): Promise<LaneNumbers> {
    return new LaneNumbers(await numbersOf(connection, this.schema, distinct(wanted)))
  }
}

/** The numbers of some lanes. */
export class LaneNumbers {
  constructor(private readonly ids: ReadonlyMap<string, number>) {}

  of(lane: LaneOf): number {
    const id = this.ids.get(laneKey(lane))
    if (id === undefined) throw new Error(`Lane ${laneKey(lane)} was not numbered before it was used.`)
    return id
  }
}

async function numbersOf(
  connection: Connection,
  schema: string,
  wanted: readonly LaneOf[],
): Promise<ReadonlyMap<string, number>> {
  // Looked up first: an insert that conflicts uses a number up, and locks.
  const find = `select l.id, l.workspace_id as "workspaceId", l.channel, l.priority from ${schema}.lanes l
    join ${lanes.from('t')} using (workspace_id, channel, priority)`
  const params = lanes.params(wanted)
  let rows = await connection.query<{ id: number; workspaceId: string } & Lane>(find, params)
  if (rows.length < wanted.length) {
    await connection.query(
      `insert into ${schema}.lanes (workspace_id, channel, priority) select * from ${lanes.from('t')} order by 1, 2, 3
      on conflict do nothing`,
      params,
    )
    rows = await connection.query(find, params)
  }
  return new Map(rows.map(({ id, workspaceId, channel, priority }) => [keyOf(workspaceId, channel, priority), id]))
}

function laneKey({ workspaceId, lane }: LaneOf): string {
  return keyOf(workspaceId, lane.channel, lane.priority)
}

function distinct(wanted: readonly LaneOf[]): readonly LaneOf[] {
  return [...new Map(wanted.map((lane) => [laneKey(lane), lane])).values()]
}
