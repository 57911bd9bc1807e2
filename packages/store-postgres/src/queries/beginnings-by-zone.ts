import type { RecipientStore, ZoneBeginning } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { batch } from '../sql/batch.js'
import { type Among, contactsAmong } from './contacts-among.js'
import type { QueryContext } from './context.js'
import { type RunState, stateColumns } from './run-rows.js'

type Request = Pick<Parameters<RecipientStore['enrollAudience']>[0], 'workspaceId' | 'begin'>

/** How runs of one zone begin. */
export interface Beginning extends RunState {
  readonly zone: string | null
  /** Its place among the beginnings. */
  readonly n: number
  readonly counters: ZoneBeginning['counters']
}

/** Beginnings as rows of a statement. */
export const beginningRows = batch<Beginning>({
  zone_key: ['text', ({ zone }) => (zone === null ? '' : `=${zone}`)],
  n: ['int', ({ n }) => n],
  ...stateColumns,
})

/** How the runs of each zone begin that has been read. Each zone is asked about once. */
export class BeginningsByZone {
  private readonly known = new Map<string | null, Beginning>()

  constructor(
    private readonly context: QueryContext,
    private readonly request: Request,
  ) {}

  /** Those known by now. Their places never change. */
  get all(): readonly Beginning[] {
    return [...this.known.values()]
  }

  /** Finds out how runs begin in the zones of these contacts. */
  async read(connection: Connection, among: Among): Promise<void> {
    const { s, lanes } = this.context
    const { workspaceId, begin } = this.request
    const { text, values } = contactsAmong(this.context, { workspaceId, where: null }, among)
    const zones = await connection.query<{ zone: string | null }>(
      `select distinct zone from ${s}.contacts c where ${text}`,
      values,
    )
    const asked = zones.filter(({ zone }) => !this.known.has(zone)).map(({ zone }) => ({ zone, ...begin(zone) }))
    const laned = asked.map(({ recipient: { lane } }) => ({ workspaceId, lane }))
    const laneOf = await lanes.of(connection, laned)
    for (const { zone, recipient, counters } of asked) {
      if (this.known.has(zone)) continue
      const lane = laneOf({ workspaceId, lane: recipient.lane })
      this.known.set(zone, { zone, n: this.known.size, counters, run: { recipient }, lane })
    }
  }
}
