import type { Recipient } from '@drumbeat/core'
import { batch } from '../sql/batch.js'
import { fromJson, jsonb } from '../sql/json.js'
import { instant, int, ms, selection } from '../sql/values.js'

/** A run as statements select it: without `lane` and `memory` in their final form. */
type Row = Omit<Recipient, 'lane' | 'memory'> & {
  readonly channel: string
  readonly priority: Recipient['lane']['priority']
  readonly memory: string
}

/** What to select of runs `r` joined with their lanes `l`. */
export const recipientColumns = selection({
  id: int('r.id'),
  workspaceId: 'r.workspace_id',
  campaignId: 'r.campaign_id',
  contactId: 'r.contact_id',
  runKey: 'r.run_key',
  entryNo: 'r.entry_no',
  version: 'r.version',
  status: 'r.status',
  reason: 'r.reason',
  enrolledAt: ms('r.enrolled_at'),
  endedAt: ms('r.ended_at'),
  stepId: 'r.step_id',
  visit: 'r.visit',
  waiting: 'r.waiting',
  dueAt: ms('r.due_at'),
  deliveryId: int('r.delivery_id'),
  parked: 'r.parked',
  memory: 'r.memory::text',
  fence: int('r.fence'),
  claims: 'r.claims',
  channel: 'l.channel',
  priority: 'l.priority',
})

/** Rows of {@link recipientColumns} as runs. */
export function toRecipients(rows: readonly unknown[]): readonly Recipient[] {
  return (rows as readonly Row[]).map(({ channel, priority, memory, ...rest }) => ({
    ...rest,
    lane: { channel, priority },
    memory: fromJson(memory),
  }))
}

/** What a run is written as. */
export interface RecipientWrite {
  readonly id: number
  readonly recipient: Omit<Recipient, 'id' | 'entryNo' | 'fence' | 'claims' | 'workspaceId' | 'campaignId' | 'contactId' | 'runKey'>
  readonly lane: number
}

/** The columns that change during a run's life, for inserting and updating alike. One that has ended waits for nothing. */
export const recipientState = {
  version: ['int', ({ recipient }: RecipientWrite) => recipient.version],
  status: ['text', ({ recipient }: RecipientWrite) => recipient.status],
  reason: ['text', ({ recipient }: RecipientWrite) => recipient.reason],
  enrolled_at: ['timestamptz', ({ recipient }: RecipientWrite) => instant(recipient.enrolledAt)],
  ended_at: ['timestamptz', ({ recipient }: RecipientWrite) => instant(recipient.endedAt)],
  step_id: ['text', ({ recipient }: RecipientWrite) => recipient.stepId],
  visit: ['int', ({ recipient }: RecipientWrite) => recipient.visit],
  waiting: ['text', ({ recipient }: RecipientWrite) => recipient.waiting],
  due_at: ['timestamptz', ({ recipient }: RecipientWrite) => (isActive(recipient) ? instant(recipient.dueAt) : null)],
  lane: ['int', ({ lane }: RecipientWrite) => lane],
  delivery_id: ['bigint', ({ recipient }: RecipientWrite) => recipient.deliveryId],
  parked: ['boolean', ({ recipient }: RecipientWrite) => isActive(recipient) && recipient.parked],
  memory: ['jsonb', ({ recipient }: RecipientWrite) => jsonb(recipient.memory)],
} as const

/** A run as it is to be, and whose it then is. */
export interface RecipientUpdate extends RecipientWrite {
  readonly fence: number
  readonly claims: number
  /** Null = nobody's. */
  readonly owner: string | null
}

/** Updates of runs that are locked. */
export const recipientUpdates = batch<RecipientUpdate>({
  id: ['bigint', ({ id }) => id],
  ...recipientState,
  fence: ['bigint', ({ fence }) => fence],
  claims: ['int', ({ claims }) => claims],
  owner: ['text', ({ owner }) => owner],
})

function isActive({ status }: Pick<Recipient, 'status'>): boolean {
  return status === 'active'
}
