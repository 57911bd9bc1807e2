import type { NewRun } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { batch } from '../sql/batch.js'
import { byIndex } from '../sql/by-index.js'
import { keyOf } from '../sql/rounds.js'
import { int } from '../sql/values.js'

/** The ids that runs of one campaign get in one call. */
export interface Block {
  readonly workspaceId: string
  readonly campaignId: string
  readonly firstId: number
  readonly lastId: number
}

export const blockRows = batch<Block>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  campaign_id: ['text', ({ campaignId }) => campaignId],
  first_id: ['bigint', ({ firstId }) => firstId],
  last_id: ['bigint', ({ lastId }) => lastId],
})

/** A run that has an id, of a block. */
export interface Numbered {
  readonly run: NewRun
  readonly id: number
  readonly block: Block
}

/**
 * Gives each run an id, those of a campaign in the order of the request; no more of them than a block has ids. A block belongs to the campaign
 * once it is written, with the first run of it that begins. The ids of runs that do not begin are lost.
 */
export async function numbered(
  connection: Connection,
  s: string,
  runs: readonly NewRun[],
): Promise<readonly Numbered[]> {
  const byCampaign = new Map<string, NewRun[]>()
  for (const run of runs) {
    const key = keyOf(run.workspaceId, run.campaignId)
    const known = byCampaign.get(key)
    if (known === undefined) byCampaign.set(key, [run])
    else known.push(run)
  }
  const drawn = await connection.query<{ id: number }>(
    `select ${int(`nextval('${s}.recipient_ids')`)} as id from generate_series(1, $1::int)`,
    [byCampaign.size],
  )
  const firstIds = drawn.map(({ id }) => id).sort((a, b) => a - b)
  return [...byCampaign.values()].flatMap((ofCampaign, index) => {
    const firstId = firstIds[index] ?? 0
    return ofCampaign.map((run, nth): Numbered => {
      const { workspaceId, campaignId } = run
      const block = { workspaceId, campaignId, firstId, lastId: firstId + ofCampaign.length - 1 }
      return { run, id: firstId + nth, block }
    })
  })
}

/** The runs `r` of a campaign, whose workspace and id are the first two parameters, beside their blocks `b`: `order by b.first_id, r.id` is by id. */
export function runsOfCampaign(s: string, where: string): string {
  const ofBlock = `select r.* from ${s}.campaign_recipients r where r.id between b.first_id and b.last_id and ${where}`
  return `(select first_id, last_id from ${s}.recipient_blocks where workspace_id = $1 and campaign_id = $2) b ${byIndex(ofBlock, 'r')}`
}
