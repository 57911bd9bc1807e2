import type { Delivery, FactSet, JsonValue, SettledPart } from '@drumbeat/core'
import { batch, type Columns } from '../sql/batch.js'
import { idList } from '../sql/id-list.js'
import { fromJson, jsonb } from '../sql/json.js'
import { instant, int, ms, selection } from '../sql/values.js'

/** How a delivery's columns are read, from `d`. */
export const deliveryColumns = selection({
  id: int('d.id'),
  workspaceId: 'd.workspace_id',
  campaignId: 'd.campaign_id',
  recipientId: int('d.recipient_id'),
  contactId: 'd.contact_id',
  kind: 'd.kind',
  stepId: 'd.step_id',
  itemId: 'd.item_id',
  visit: int('d.visit'),
  channel: 'd.channel',
  account: 'd.account',
  category: 'd.category',
  topic: 'd.topic',
  priority: 'd.priority',
  state: 'd.state',
  reason: 'd.reason',
  plannedAt: ms('d.planned_at'),
  dueAt: ms('d.due_at'),
  templateId: 'd.template_id',
  templateVersion: int('d.template_version'),
  contentHash: 'd.content_hash',
  address: 'd.address',
  attempts: int('d.attempts'),
  intendedAt: ms('d.intended_at'),
  sentAt: ms('d.sent_at'),
  providerId: 'd.provider_id',
  possibleDuplicate: 'd.possible_duplicate',
  facts: 'd.facts::text',
  reply: 'd.reply::text',
  segments: int('d.segments'),
})

/** A delivery as it is read. */
export type DeliveryRow = Omit<Delivery, 'facts' | 'reply'> & { readonly facts: string; readonly reply: string | null }

/** Reads a delivery: the row itself becomes it, because copying thirty columns costs as much as reading them. */
export function deliveryOf(row: DeliveryRow): Delivery {
  const facts = fromJson<FactSet>(row.facts)
  const reply = row.reply === null ? null : fromJson<JsonValue>(row.reply)
  return Object.assign<DeliveryRow, Pick<Delivery, 'facts' | 'reply'>>(row, { facts, reply }) as Delivery
}

/** The columns that an attempt's end writes. None of them is in an index. */
export const settledWrites: Columns<SettledPart> = {
  state: ['text', ({ state }) => state],
  reason: ['text', ({ reason }) => reason],
  attempts: ['int', ({ attempts }) => attempts],
  intended_at: ['timestamptz', ({ intendedAt }) => instant(intendedAt)],
  sent_at: ['timestamptz', ({ sentAt }) => instant(sentAt)],
  provider_id: ['text', ({ providerId }) => providerId],
  possible_duplicate: ['boolean', ({ possibleDuplicate }) => possibleDuplicate],
  facts: ['jsonb', ({ facts }) => jsonb(facts)],
  reply: ['jsonb', ({ reply }) => (reply === null ? null : jsonb(reply))],
}

/** Deliveries that are written whole. */
export const deliveryWrites = batch<Delivery>({
  id: ['bigint', ({ id }) => id],
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  campaign_id: ['text', ({ campaignId }) => campaignId],
  recipient_id: ['bigint', ({ recipientId }) => recipientId],
  contact_id: ['text', ({ contactId }) => contactId],
  kind: ['text', ({ kind }) => kind],
  step_id: ['text', ({ stepId }) => stepId],
  item_id: ['text', ({ itemId }) => itemId],
  visit: ['int', ({ visit }) => visit],
  channel: ['text', ({ channel }) => channel],
  account: ['text', ({ account }) => account],
  category: ['text', ({ category }) => category],
  topic: ['text', ({ topic }) => topic],
  priority: ['text', ({ priority }) => priority],
  planned_at: ['timestamptz', ({ plannedAt }) => instant(plannedAt)],
  due_at: ['timestamptz', ({ dueAt }) => instant(dueAt)],
  template_id: ['text', ({ templateId }) => templateId],
  template_version: ['int', ({ templateVersion }) => templateVersion],
  content_hash: ['text', ({ contentHash }) => contentHash],
  address: ['text', ({ address }) => address],
  segments: ['int', ({ segments }) => segments],
  ...settledWrites,
})

const changing = deliveryWrites.columns.split(', ').filter((column) => column !== 'id' && column !== 'workspace_id')

/**
 * Writes deliveries whole, over what is there under their ids; another workspace's is never touched. The last parameter is until when
 * their calls may start: they get one permit together; null = they get none. Lists the ids written. `areNew` = nothing is there, and
 * nothing is looked for: half the write-ahead records.
 */
export function writeDeliveries(s: string, areNew: boolean): string {
  const attempts = `$${deliveryWrites.columns.split(', ').indexOf('attempts') + 1}`
  const until = `$${deliveryWrites.size + 1}::timestamptz`
  const overWhatIsThere = `on conflict (id) do update set ${changing.map((column) => `${column} = excluded.${column}`).join(', ')},
      permit_id = coalesce(excluded.permit_id, d.permit_id)
    where d.workspace_id = excluded.workspace_id`
  return `with permit as (
      insert into ${s}.call_permits (delivery_ids, attempts, open, permit_until)
      select $1::bigint[], ${attempts}::int[], cardinality($1::bigint[]), ${until} where ${until} is not null returning id),
    written as (
      insert into ${s}.campaign_deliveries as d (${deliveryWrites.columns}, permit_id)
      select ${deliveryWrites.columns}, (select p.id from permit p) from ${deliveryWrites.from('t')}
      ${areNew ? '' : overWhatIsThere} returning d.id)
    select ${idList('id')} as ids from written`
}
