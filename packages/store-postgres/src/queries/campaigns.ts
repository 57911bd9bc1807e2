import {
  type Campaign,
  type CampaignStore,
  ConflictError,
  type ExperimentDecision,
  type Sequence,
  type SequenceVersion,
} from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { arrayLiteral } from '../sql/array-literal.js'
import { batch } from '../sql/batch.js'
import { document, fromJson } from '../sql/json.js'
import { instant, int, ms } from '../sql/values.js'
import type { QueryContext } from './context.js'
import { setGate } from './gates.js'
import { appendOutbox } from './outbox-writes.js'

const versionKeys = batch<{ readonly workspaceId: string; readonly campaignId: string; readonly version: number }>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  campaign_id: ['text', ({ campaignId }) => campaignId],
  version: ['int', ({ version }) => version],
})

interface DefinitionRow {
  readonly definition: string
}

const campaignOf = ({ definition }: DefinitionRow): Campaign => fromJson(definition)

/** Campaigns, their published versions, and the decisions of their experiments. */
export function campaignQueries(context: QueryContext): CampaignStore {
  const { database, s } = context
  const definition = 'definition::text as definition'
  return {
    async save({ campaign, expectedRevision, gate, outbox }) {
      const { workspaceId, id, status, revision, createdAt } = campaign
      const params = [workspaceId, id, status, revision, document(campaign)]
      const write = (connection: Connection) =>
        expectedRevision === null
          ? connection.query(
              `insert into ${s}.campaigns (workspace_id, campaign_id, status, revision, definition, created_at)
               values ($1, $2, $3, $4::bigint, $5::json, $6::timestamptz) on conflict do nothing returning 1`,
              [...params, instant(createdAt)],
            )
          : connection.query(
              `update ${s}.campaigns set status = $3, revision = $4::bigint, definition = $5::json, created_at = $6::timestamptz
               where workspace_id = $1 and campaign_id = $2 and revision = $7::bigint returning 1`,
              [...params, instant(createdAt), expectedRevision],
            )
      const written = await database.write(async (connection) => {
        const rows = await write(connection)
        if (rows.length > 0 && gate !== undefined) await setGate(context, connection, gate)
        if (rows.length > 0) await appendOutbox(context, connection, [{ workspaceId, outbox }])
        return rows
      })
      if (written.length > 0) return
      throw expectedRevision === null
        ? new ConflictError(`Campaign "${id}" exists already.`, { kind: 'duplicate' })
        : new ConflictError(`Campaign "${id}" is not at revision ${expectedRevision} any more. Read it again.`, {
            kind: 'stale',
          })
    },
    async get({ workspaceId, campaignIds }) {
      const rows = await database.read<DefinitionRow>(
        `select ${definition} from ${s}.campaigns where workspace_id = $1 and campaign_id = any($2::text[])`,
        [workspaceId, arrayLiteral(campaignIds)],
      )
      return rows.map(campaignOf)
    },
    async list({ workspaceId }) {
      const rows = await database.read<DefinitionRow>(
        `select ${definition} from ${s}.campaigns where workspace_id = $1 order by created_at, campaign_id`,
        [workspaceId],
      )
      return rows.map(campaignOf)
    },
    async live() {
      const rows = await database.read<DefinitionRow>(
        `select ${definition} from ${s}.campaigns where status in ('scheduled', 'active', 'paused', 'stopping')
         order by created_at, campaign_id`,
      )
      return rows.map(campaignOf)
    },
    delete: ({ workspaceId, campaignId }) =>
      database.write(async (connection) => {
        const key = [workspaceId, campaignId]
        const ours = `workspace_id = $1 and campaign_id = $2`
        const ids = `(select id from ${s}.campaign_deliveries where ${ours})`
        for (const table of ['delivery_contents', 'provider_references', 'reconciliations']) {
          await connection.query(`delete from ${s}.${table} where delivery_id in ${ids}`, key)
        }
        await connection.query(`delete from ${s}.inbox where kind = 'report' and delivery_id in ${ids}`, key)
        for (const table of [
          'campaign_deliveries',
          'campaign_recipients',
          'campaign_entries',
          'recipient_blocks',
          'counters',
          'counter_deltas',
          'campaigns',
        ]) {
          await connection.query(`delete from ${s}.${table} where ${ours}`, key)
        }
        await connection.query(
          `delete from ${s}.gates where workspace_id = $1
           and (kind = 'campaign' and ref = $2 or kind = 'step' and starts_with(ref, $2 || '/'))`,
          key,
        )
      }),
    async publish({ workspaceId, campaignId, version, sequence, contentHash, publishedAt }) {
      await database.write((connection) =>
        connection.query(
          `insert into ${s}.sequence_versions (workspace_id, campaign_id, version, sequence, content_hash, published_at)
           values ($1, $2, $3::int, $4::json, $5, $6::timestamptz) on conflict do nothing`,
          [workspaceId, campaignId, version, document(sequence), contentHash, instant(publishedAt)],
        ),
      )
    },
    async versions(keys) {
      const rows = await database.read<Omit<SequenceVersion, 'sequence'> & { sequence: string }>(
        `select v.workspace_id as "workspaceId", v.campaign_id as "campaignId", ${int('v.version')} as version,
           v.sequence::text as sequence, v.content_hash as "contentHash", ${ms('v.published_at')} as "publishedAt"
         from ${s}.sequence_versions v join ${versionKeys.from('t')} using (workspace_id, campaign_id, version)`,
        versionKeys.params([...new Map(keys.map((key) => [JSON.stringify(key), key])).values()]),
      )
      return rows.map((row) => ({ ...row, sequence: fromJson<Sequence>(row.sequence) }))
    },
    decide: (decision) =>
      database.write(async (connection) => {
        const { workspaceId, campaignId, stepId } = decision
        await connection.query(
          `insert into ${s}.experiment_decisions (workspace_id, campaign_id, step_id, decision)
           values ($1, $2, $3, $4::json) on conflict do nothing`,
          [workspaceId, campaignId, stepId, document(decision)],
        )
        const [row] = await connection.query<{ decision: string }>(
          `select decision::text as decision from ${s}.experiment_decisions
           where workspace_id = $1 and campaign_id = $2 and step_id = $3`,
          [workspaceId, campaignId, stepId],
        )
        return row === undefined ? decision : fromJson<ExperimentDecision>(row.decision)
      }),
    async decisions({ workspaceId, campaignIds }) {
      const rows = await database.read<{ decision: string }>(
        `select decision::text as decision from ${s}.experiment_decisions
         where workspace_id = $1 and campaign_id = any($2::text[])`,
        [workspaceId, arrayLiteral(campaignIds)],
      )
      return rows.map((row) => fromJson<ExperimentDecision>(row.decision))
    },
  }
}
