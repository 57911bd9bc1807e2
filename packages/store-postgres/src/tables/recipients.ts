/** Lanes as small numbers, so that the due index is narrow. Never deleted: engines keep them in memory. */
export const lanes = (s: string): string => `
  create table ${s}.lanes (
    id int generated always as identity primary key,
    workspace_id text collate "C" not null,
    channel text collate "C" not null,
    priority text not null check (priority in ('immediate', 'normal', 'bulk')),
    unique (workspace_id, channel, priority)
  )`

/**
 * Who entered what, how often: the primary key is what guards entries, and finds the runs of a contact. It stands beside the runs, not
 * on them, because a run moves with every step, and a wide index on a table that moves is written again each time.
 * No foreign key to campaigns is checked row by row: whoever enrolls locks the campaigns of the batch instead.
 */
export const campaignEntries = (s: string): string => `
  create table ${s}.campaign_entries (
    workspace_id text collate "C" not null,
    contact_id text collate "C" not null,
    campaign_id text collate "C" not null,
    run_key text collate "C" not null,
    entry_no int not null check (entry_no >= 1),
    recipient_id bigint not null,
    primary key (workspace_id, contact_id, campaign_id, run_key, entry_no)
  );
  create index campaign_entries_of_campaign on ${s}.campaign_entries (workspace_id, campaign_id, recipient_id)`

/**
 * The runs: narrow, hot, updated in place; each row is its own timer. Only `lane`, `due_at`, `ended_at` and `parked` are in an index,
 * so claims and intents, which touch none of them, are HOT updates; for those the pages keep 30 % free.
 *
 * The due index leaves by `ended_at`, not by status: a predicate on a column that every write touches would end HOT. A parked run keeps
 * its `due_at`. A quarantined one has none, and is not due.
 */
export const campaignRecipients = (s: string): string => `
  create sequence ${s}.recipient_ids;
  create table ${s}.campaign_recipients (
    id bigint primary key,
    workspace_id text collate "C" not null,
    campaign_id text collate "C" not null,
    contact_id text collate "C" not null,
    run_key text collate "C" not null,
    entry_no int not null,
    version int not null,
    status text not null check (status in ('active', 'completed', 'exited', 'quarantined')),
    reason text,
    enrolled_at timestamptz not null,
    ended_at timestamptz,
    step_id text not null,
    visit int not null,
    waiting text not null check (waiting in ('timer', 'event', 'delivery', 'hold')),
    due_at timestamptz,
    lane int not null,
    delivery_id bigint,
    parked boolean not null,
    memory jsonb not null,
    fence bigint not null,
    claims int not null,
    owner text,
    constraint nobody_sleeps_for_ever check (status <> 'active' or due_at is not null),
    constraint ended_when_over check ((status in ('completed', 'exited')) = (ended_at is not null))
  ) with (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.02
  );
  create index campaign_recipients_due on ${s}.campaign_recipients (lane, due_at) where ended_at is null and not parked`
