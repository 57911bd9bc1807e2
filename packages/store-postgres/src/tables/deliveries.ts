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

/**
 * Each provider call that may have started, in the same ranges. The partial index holds calls under way only, which a stop counts; what
 * is finished leaves it.
 */
export const deliveryAttempts = (s: string): string => `
  create table ${s}.delivery_attempts (
    delivery_id bigint not null,
    n int not null,
    idempotency_key text not null,
    begun_at timestamptz not null,
    permit_until timestamptz not null,
    finished_at timestamptz,
    primary key (delivery_id, n)
  ) partition by range (delivery_id);
  create index delivery_attempts_open on ${s}.delivery_attempts (delivery_id) where finished_at is null;
  create table ${s}.delivery_attempts_default partition of ${s}.delivery_attempts default`

/** Rendered messages of workspaces that keep them. */
export const deliveryContents = (s: string): string => `
  create table ${s}.delivery_contents (
    delivery_id bigint not null,
    attempt int not null,
    content json not null,
    primary key (delivery_id, attempt)
  )`

/**
 * Finds deliveries by the provider's id, through a hash: an index on the id itself would be wide, random, and would end the HOT update
 * that settles a delivery. The delivery says whether the hash was right.
 */
export const providerReferences = (s: string): string => `
  create table ${s}.provider_references (
    hash bigint not null,
    delivery_id bigint not null,
    primary key (hash, delivery_id)
  )`

/** Outcomes that are being found out. */
export const reconciliations = (s: string): string => `
  create table ${s}.reconciliations (
    delivery_id bigint primary key,
    look_at timestamptz not null,
    since timestamptz not null
  );
  create index reconciliations_due on ${s}.reconciliations (look_at)`
