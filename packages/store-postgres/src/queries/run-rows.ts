import type { NewRun, Owner, Priority, Recipient } from '@drumbeat/core'
import { isLive } from '@drumbeat/core'
import { batch, type Columns } from '../sql/batch.js'
import { idList } from '../sql/id-list.js'
import { instant, int, ms, selection } from '../sql/values.js'
import { memoryOf, memoryText } from './run-memory.js'

/** How a run's columns are read, from `r` and its lane `l`. */
export const runColumns = selection({
  id: int('r.id'),
  workspaceId: 'r.workspace_id',
  campaignId: 'r.campaign_id',
  contactId: 'r.contact_id',
  runKey: 'r.run_key',
  entryNo: int('r.entry_no'),
  version: int('r.version'),
  status: 'r.status',
  reason: 'r.reason',
  enrolledAt: ms('r.enrolled_at'),
  endedAt: ms('r.ended_at'),
  stepId: 'r.step_id',
  visit: int('r.visit'),
  waiting: 'r.waiting',
  dueAt: ms('r.due_at'),
  channel: 'l.channel',
  priority: 'l.priority',
  deliveryId: int('r.delivery_id'),
  parked: 'r.parked',
  memory: 'r.memory::text',
  fence: int('r.fence'),
  claims: int('r.claims'),
})

/** A run as it is read. */
export type RunRow = Omit<Recipient, 'lane' | 'memory'> & {
  readonly channel: string
  readonly priority: Priority
  readonly memory: string
}

/** Reads a run. Named one by one: rows of drivers are dictionaries, and so would be every copy of one. */
export function runOf(row: RunRow): Recipient {
  return {
    id: row.id,
    workspaceId: row.workspaceId,
    campaignId: row.campaignId,
    contactId: row.contactId,
    runKey: row.runKey,
    entryNo: row.entryNo,
    version: row.version,
    status: row.status,
    reason: row.reason,
    enrolledAt: row.enrolledAt,
    endedAt: row.endedAt,
    stepId: row.stepId,
    visit: row.visit,
    waiting: row.waiting,
    dueAt: row.dueAt,
    lane: { channel: row.channel, priority: row.priority },
    deliveryId: row.deliveryId,
    parked: row.parked,
    memory: memoryOf(row.memory),
    fence: row.fence,
    claims: row.claims,
  }
}

/** Who holds a claim, as one text. */
export function ownerText({ engineId, epoch }: Owner): string {
  return `${epoch}:${engineId}`
}

/** A run to be written over the one that has the fence. */
export interface RunWrite {
  readonly run: Recipient
  readonly workspaceId: string
  readonly id: number
  readonly expectedFence: number
  readonly lane: number
  readonly keepsClaim: boolean
}

const live = (run: Recipient): boolean => isLive(run)

/** Runs that are written over what is there. Their identity is kept. */
export const runWrites = batch<RunWrite>({
  id: ['bigint', ({ id }) => id],
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  expected_fence: ['bigint', ({ expectedFence }) => expectedFence],
  version: ['int', ({ run }) => run.version],
  status: ['text', ({ run }) => run.status],
  reason: ['text', ({ run }) => run.reason],
  enrolled_at: ['timestamptz', ({ run }) => instant(run.enrolledAt)],
  ended_at: ['timestamptz', ({ run }) => instant(run.endedAt)],
  step_id: ['text', ({ run }) => run.stepId],
  visit: ['int', ({ run }) => run.visit],
  waiting: ['text', ({ run }) => run.waiting],
  due_at: ['timestamptz', ({ run }) => (live(run) ? instant(run.dueAt) : null)],
  lane: ['int', ({ lane }) => lane],
  delivery_id: ['bigint', ({ run }) => run.deliveryId],
  parked: ['boolean', ({ run }) => live(run) && run.parked],
  memory: ['jsonb', ({ run }) => memoryText(run.memory)],
  claims: ['int', ({ run }) => run.claims],
  keeps_claim: ['boolean', ({ keepsClaim }) => keepsClaim],
})

const written = [
  'version',
  'status',
  'reason',
  'enrolled_at',
  'ended_at',
  'step_id',
  'visit',
  'waiting',
  'lane',
  'delivery_id',
  'parked',
  'memory',
  'claims',
]

/**
 * Writes runs whose fence is still the expected one, raises it by one, and lists their ids. The guard compares with columns of the batch: with a literal the
 * planner expects one row and runs nested loops. `keeps_claim` leaves the timer and the owner where they are.
 */
export function writeRuns(s: string): string {
  const sets = [
    ...written.map((column) => `${column} = t.${column}`),
    'due_at = case when t.keeps_claim then r.due_at else t.due_at end',
    'owner = case when t.keeps_claim then r.owner end',
    'fence = r.fence + 1',
  ].join(', ')
  return `with written as (
      update ${s}.campaign_recipients r set ${sets} from ${runWrites.from('t')}
      where r.id = t.id and r.workspace_id = t.workspace_id and r.fence = t.expected_fence returning r.id)
    select ${idList('id')} as ids from written`
}

/** A run that begins. */
export interface RunInsert {
  readonly id: number
  readonly entryNo: number
  readonly lane: number
  readonly run: NewRun
}

/** How a run begins, whoever's it is. */
export type RunState = Pick<RunInsert, 'lane'> & { readonly run: Pick<NewRun, 'recipient'> }

/** The columns of a run that begins, but for whose it is. */
export const stateColumns = {
  status: ['text', ({ run }) => run.recipient.status],
  reason: ['text', ({ run }) => run.recipient.reason],
  enrolled_at: ['timestamptz', ({ run }) => instant(run.recipient.enrolledAt)],
  ended_at: ['timestamptz', ({ run }) => instant(run.recipient.endedAt)],
  step_id: ['text', ({ run }) => run.recipient.stepId],
  visit: ['int', ({ run }) => run.recipient.visit],
  waiting: ['text', ({ run }) => run.recipient.waiting],
  due_at: ['timestamptz', ({ run }) => instant(run.recipient.dueAt)],
  lane: ['int', ({ lane }) => lane],
  delivery_id: ['bigint', ({ run }) => run.recipient.deliveryId],
  parked: ['boolean', ({ run }) => run.recipient.parked],
  memory: ['jsonb', ({ run }) => memoryText(run.recipient.memory)],
} satisfies Columns<RunState>

/** Runs that begin. */
export const runInserts = batch<RunInsert>({
  id: ['bigint', ({ id }) => id],
  workspace_id: ['text', ({ run }) => run.workspaceId],
  campaign_id: ['text', ({ run }) => run.campaignId],
  contact_id: ['text', ({ run }) => run.contactId],
  run_key: ['text', ({ run }) => run.runKey],
  entry_no: ['int', ({ entryNo }) => entryNo],
  version: ['int', ({ run }) => run.version],
  ...stateColumns,
})
