import type { Campaign, NewRun, Recipient, RecipientStore } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { batch } from '../sql/batch.js'
import { document, fromJson } from '../sql/json.js'
import { keyOf, rounds } from '../sql/rounds.js'
import { int } from '../sql/values.js'
import type { QueryContext } from './context.js'
import { type RunInsert, runInserts } from './run-rows.js'

type Request = Parameters<RecipientStore['enroll']>[0]

const identity = batch<NewRun>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  contact_id: ['text', ({ contactId }) => contactId],
  campaign_id: ['text', ({ campaignId }) => campaignId],
  run_key: ['text', ({ runKey }) => runKey],
})

/** Begins runs, and moves the campaign's cursor with them, or does neither. */
export async function enroll(
  context: QueryContext,
  connection: Connection,
  { runs, activation }: Pick<Request, 'runs' | 'activation'>,
): Promise<{ readonly enrolled: readonly Recipient[] }> {
  if (activation === undefined) return { enrolled: await beginAll(context, connection, runs) }
  let enrolled: readonly Recipient[] = []
  await movingCursor(context, connection, activation, async () => {
    enrolled = await beginAll(context, connection, runs)
    return enrolled.length
  })
  return { enrolled }
}

/** Runs `begin`, which says how many it enrolled, and moves the campaign's cursor; or neither, if it is not at `from` any more. */
export async function movingCursor(
  { s }: QueryContext,
  connection: Connection,
  { workspaceId, campaignId, from, to }: NonNullable<Request['activation']>,
  begin: () => Promise<number>,
): Promise<void> {
  const key = [workspaceId, campaignId]
  const [row] = await connection.query<{ definition: string }>(
    `select definition::text as definition from ${s}.campaigns where workspace_id = $1 and campaign_id = $2 for update`,
    key,
  )
  const campaign = row === undefined ? null : fromJson<Campaign>(row.definition)
  if (campaign?.activation == null || campaign.activation.after !== from) return
  const enrolled = campaign.activation.enrolled + (await begin())
  const next: Campaign = {
    ...campaign,
    activation: to === null ? null : { after: to, enrolled },
    revision: campaign.revision + 1,
  }
  await connection.query(
    `update ${s}.campaigns set definition = $3::json, revision = $4::bigint where workspace_id = $1 and campaign_id = $2`,
    [...key, document(next), next.revision],
  )
}

/** Begins those runs that their identity allows. The primary key of the entries has the last word. */
export async function beginAll(
  context: QueryContext,
  connection: Connection,
  runs: readonly NewRun[],
): Promise<readonly Recipient[]> {
  const begun: Recipient[] = []
  const numbered = await numberedRuns(context, connection, runs)
  for (const round of rounds(numbered, ({ run }) => identityOf(run)))
    begun.push(...(await beginRound(context, connection, round)))
  return begun.sort((a, b) => a.id - b.id)
}

interface Numbered {
  readonly run: NewRun
  readonly id: number
}

/** An id for each run, in the order of the request; those of runs that are not begun are lost. */
async function numberedRuns(
  { s }: QueryContext,
  connection: Connection,
  runs: readonly NewRun[],
): Promise<readonly Numbered[]> {
  if (runs.length === 0) return []
  const rows = await connection.query<{ id: number }>(
    `select ${int(`nextval('${s}.recipient_ids')`)} as id from generate_series(1, $1::int)`,
    [runs.length],
  )
  const ids = rows.map(({ id }) => id).sort((a, b) => a - b)
  return runs.map((run, index) => ({ run, id: ids[index] ?? 0 }))
}

async function beginRound(
  context: QueryContext,
  connection: Connection,
  wanted: readonly Numbered[],
): Promise<readonly Recipient[]> {
  const { s, lanes } = context
  if (wanted.length === 0) return []
  const before = await connection.query<{ n: number; last: number; live: boolean }>(
    `select t.n::float8 as n, ${int('max(e.entry_no)')} as last, bool_or(r.ended_at is null) as live
     from ${identity.numbered('t')} join ${s}.campaign_entries e using (workspace_id, contact_id, campaign_id, run_key)
     join ${s}.campaign_recipients r on r.id = e.recipient_id group by t.n`,
    identity.params(wanted.map(({ run }) => run)),
  )
  const known = new Map(before.map((row) => [row.n - 1, row]))
  const allowed = wanted.flatMap(({ run, id }, index) => {
    const { last = 0, live = false } = known.get(index) ?? {}
    const refused = (run.again === 'never' && last > 0) || (run.again === 'afterExit' && live)
    return refused ? [] : [{ run, id, entryNo: last + 1 }]
  })
  if (allowed.length === 0) return []
  const laneOf = await lanes.of(
    connection,
    allowed.map(({ run }) => ({ workspaceId: run.workspaceId, lane: run.recipient.lane })),
  )
  const inserts = allowed.map((one): RunInsert => {
    const { workspaceId, recipient } = one.run
    return { ...one, lane: laneOf({ workspaceId, lane: recipient.lane }) }
  })
  const sorted = [...inserts].sort((a, b) => (identityOf(a.run) < identityOf(b.run) ? -1 : 1))
  const made = await connection.query<{ id: number }>(
    `with entered as (
       insert into ${s}.campaign_entries (workspace_id, contact_id, campaign_id, run_key, entry_no, recipient_id)
       select workspace_id, contact_id, campaign_id, run_key, entry_no, id from ${runInserts.from('t')}
       on conflict do nothing returning recipient_id)
     insert into ${s}.campaign_recipients (${runInserts.columns}, fence, claims)
     select ${runInserts.columns}, 0, 0 from ${runInserts.from('t')} where id in (select recipient_id from entered)
     returning ${int('id')} as id`,
    runInserts.params(sorted),
  )
  const created = new Set(made.map(({ id }) => id))
  // Somebody entered at the same moment: those who may enter again are looked at again, now that it can be seen.
  const beaten = allowed.filter(({ id, run }) => !created.has(id) && run.again !== 'never')
  const again = beaten.length === 0 ? [] : await beginRound(context, connection, beaten)
  const begun = inserts
    .filter(({ id }) => created.has(id))
    .map(({ id, entryNo, run: { recipient, again: _, ...rest } }) => ({
      ...recipient,
      ...rest,
      id,
      entryNo,
      fence: 0,
      claims: 0,
    }))
  return [...begun, ...again]
}

function identityOf({
  workspaceId,
  contactId,
  campaignId,
  runKey,
}: Pick<NewRun, 'workspaceId' | 'contactId' | 'campaignId' | 'runKey'>): string {
  return keyOf(workspaceId, contactId, campaignId, runKey)
}
