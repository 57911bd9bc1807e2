import type { Campaign, RecipientStore } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { document, fromJson } from '../sql/json.js'
import { keyOf } from '../sql/rounds.js'
import type { QueryContext } from './context.js'

/** A stretch of a campaign's audience: the contacts after `from`, up to and including `to`. */
export type Stretch = NonNullable<Parameters<RecipientStore['enroll']>[0]['activation']>

/**
 * Waits until nobody else works on a stretch that begins here, and keeps others out until the transaction ends. Whoever will ask for the
 * cursor last takes it before anything else: another engine would hold the cursor already, and wait for what is entered here.
 */
export async function holdStretch(
  { s }: QueryContext,
  connection: Connection,
  { workspaceId, campaignId, from }: Stretch,
): Promise<void> {
  const key = `drumbeat/audience/${s}/${keyOf(workspaceId, campaignId, from ?? '')}`
  await connection.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [key])
}

/** Locks the campaign, and returns it if its cursor is where the stretch begins. */
export async function campaignAt(
  { s }: QueryContext,
  connection: Connection,
  { workspaceId, campaignId, from }: Stretch,
): Promise<Campaign | null> {
  const [row] = await connection.query<{ definition: string }>(
    `select definition::text as definition from ${s}.campaigns where workspace_id = $1 and campaign_id = $2 for update`,
    [workspaceId, campaignId],
  )
  const campaign = row === undefined ? null : fromJson<Campaign>(row.definition)
  return campaign?.activation != null && campaign.activation.after === from ? campaign : null
}

/** Moves the cursor of a campaign that is locked past a stretch in which so many were enrolled. */
export async function moveCursor(
  { s }: QueryContext,
  connection: Connection,
  campaign: Campaign,
  { to }: Stretch,
  enrolled: number,
): Promise<void> {
  const before = campaign.activation?.enrolled ?? 0
  const next: Campaign = {
    ...campaign,
    activation: to === null ? null : { after: to, enrolled: before + enrolled },
    revision: campaign.revision + 1,
  }
  await connection.query(
    `update ${s}.campaigns set definition = $3::json, revision = $4::bigint where workspace_id = $1 and campaign_id = $2`,
    [campaign.workspaceId, campaign.id, document(next), next.revision],
  )
}
