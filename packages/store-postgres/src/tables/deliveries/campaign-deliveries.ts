/**
 * What went out: append-mostly, in ranges of ids, which follow time. The default range is an alarm: rows in it mean that nobody made the
 * next range in time. No foreign keys: deliveries are written only beside a run that the same transaction has locked.
 * Settling touches no indexed column, so it stays HOT; the ranges keep some of each page free for that.
 */
export const campaignDeliveries = (s: string): string => `
  create sequence ${s}.delivery_ids;
  create table ${s}.campaign_deliveries (
    id bigint primary key,
    workspace_id text collate "C" not null,
    campaign_id text collate "C" not null,
    recipient_id bigint not null,
    contact_id text collate "C" not null,
    kind text not null check (kind in ('message', 'webhook', 'action')),
    step_id text not null,
    item_id text,
    visit int not null,
    channel text not null,
    account text not null,
    category text not null,
    topic text,
    priority text not null check (priority in ('immediate', 'normal', 'bulk')),
    state text not null check (state in ('scheduled', 'sending', 'retry_wait', 'unknown', 'sent', 'failed', 'skipped',
      'expired', 'canceled', 'unresolved')),
    reason text,
    planned_at timestamptz not null,
    due_at timestamptz not null,
    template_id text,
    template_version int,
    content_hash text,
    address text,
    attempts int not null,
    intended_at timestamptz,
    sent_at timestamptz,
    provider_id text,
    possible_duplicate boolean not null,
    facts jsonb not null,
    reply jsonb,
    segments int
  ) partition by range (id);
  create index campaign_deliveries_of_recipient on ${s}.campaign_deliveries (recipient_id);
  create index campaign_deliveries_of_campaign on ${s}.campaign_deliveries (workspace_id, campaign_id, id);
  create table ${s}.campaign_deliveries_default partition of ${s}.campaign_deliveries default with (fillfactor = 60)`
