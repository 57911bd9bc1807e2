import type { NewRun, Recipient, RecipientStore } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { batch } from '../sql/batch.js'
import { byIndex } from '../sql/by-index.js'
import { keyOf, rounds } from '../sql/rounds.js'
import { int } from '../sql/values.js'
import { idsPerBlock } from '../tables/recipients/recipient-blocks.js'
import { campaignAt, moveCursor } from './activation-cursor.js'
import type { QueryContext } from './context.js'
import { blockRows, type Numbered, numbered } from './recipient-blocks.js'
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
  const campaign = await campaignAt(context, connection, activation)
  if (campaign === null) return { enrolled: [] }
  const enrolled = await beginAll(context, connection, runs)
  await moveCursor(context, connection, campaign, activation, enrolled.length)
  return { enrolled }
}

/** Begins those runs that their identity allows. The primary key of the entries has the last word. */
export async function beginAll(
  context: QueryContext,
  connection: Connection,
  runs: readonly NewRun[],
): Promise<readonly Recipient[]> {
  const begun: Recipient[] = []
  for (let from = 0; from < runs.length; from += idsPerBlock) {
    const numbers = await numbered(connection, context.s, runs.slice(from, from + idsPerBlock))
    for (const round of rounds(numbers, ({ run }) => identityOf(run)))
      begun.push(...(await beginRound(context, connection, round)))
  }
  return begun.sort((a, b) => a.id - b.id)
}

async function beginRound(
  context: QueryContext,
  connection: Connection,
  wanted: readonly Numbered[],
): Promise<readonly Recipient[]> {
  const { s, lanes } = context
  if (wanted.length === 0) return []
  const before = await connection.query<{ n: number; last: number; live: boolean }>(
    entriesBefore(s),
    identity.params(wanted.map(({ run }) => run)),
  )
  const known = new Map(before.map((row) => [row.n - 1, row]))
  const allowed = wanted.flatMap(({ run, id, block }, index) => {
    const { last = 0, live = false } = known.get(index) ?? {}
    const refused = (run.again === 'never' && last > 0) || (run.again === 'afterExit' && live)
    return refused ? [] : [{ run, id, block, entryNo: last + 1 }]
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
  const blocks = [...new Map(allowed.map(({ block }) => [block.firstId, block])).values()]
  const made = await connection.query<{ id: number }>(
    `with entered as (
       insert into ${s}.campaign_entries (workspace_id, contact_id, campaign_id, run_key, entry_no, recipient_id)
       select workspace_id, contact_id, campaign_id, run_key, entry_no, id from ${runInserts.from('t')}
       on conflict do nothing returning recipient_id),
     owned as (
       insert into ${s}.recipient_blocks (${blockRows.columns}) select ${blockRows.columns} from ${blockRows.from('b', runInserts.size + 1)}
       where exists (select from entered where recipient_id between b.first_id and b.last_id) on conflict do nothing)
     insert into ${s}.campaign_recipients (${runInserts.columns}, fence, claims)
     select ${runInserts.columns}, 0, 0 from ${runInserts.from('t')} where id in (select recipient_id from entered)
     returning ${int('id')} as id`,
    [...runInserts.params(sorted), ...blockRows.params(blocks)],
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

/**
 * The latest entry of each identity of a batch that has any, and whether one of its runs is live. The campaign is compared behind the
 * contact's entries, of which there are few.
 */
function entriesBefore(s: string): string {
  const entries = `select e.campaign_id, e.run_key, e.entry_no, e.recipient_id from ${s}.campaign_entries e
    where e.workspace_id = t.workspace_id and e.contact_id = t.contact_id`
  const isLive = `select r.ended_at is null from ${s}.campaign_recipients r where r.id = e.recipient_id`
  return `select t.n::float8 as n, ${int('max(e.entry_no)')} as last, bool_or((${isLive})) as live
    from ${identity.numbered('t')} ${byIndex(entries, 'e')} where e.campaign_id = t.campaign_id and e.run_key = t.run_key group by t.n`
}

function identityOf({
  workspaceId,
  contactId,
  campaignId,
  runKey,
}: Pick<NewRun, 'workspaceId' | 'contactId' | 'campaignId' | 'runKey'>): string {
  return keyOf(workspaceId, contactId, campaignId, runKey)
}
