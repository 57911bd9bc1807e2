/** Campaigns whole, as `json`: it keeps the order in which an author wrote the steps. What queries ask for has its own column. */
export const campaigns = (s: string): string => `
  create table ${s}.campaigns (
    workspace_id text collate "C" not null,
    campaign_id text collate "C" not null,
    status text not null check (status in
      ('draft', 'scheduled', 'active', 'paused', 'stopping', 'stopped', 'completed', 'archived')),
    revision bigint not null,
    created_at timestamptz not null,
    definition json not null,
    primary key (workspace_id, campaign_id)
  );
  create index campaigns_live on ${s}.campaigns (created_at, campaign_id)
    where status in ('scheduled', 'active', 'paused', 'stopping')`

/** Published versions: written once, read by every engine that plays them. */
export const sequenceVersions = (s: string): string => `
  create table ${s}.sequence_versions (
    workspace_id text collate "C" not null,
    campaign_id text collate "C" not null,
    version int not null check (version >= 1),
    sequence json not null,
    content_hash text not null,
    published_at timestamptz not null,
    primary key (workspace_id, campaign_id, version),
    foreign key (workspace_id, campaign_id) references ${s}.campaigns on delete cascade
  )`

/** What experiments decided: the primary key lets one decision stand. */
export const experimentDecisions = (s: string): string => `
  create table ${s}.experiment_decisions (
    workspace_id text collate "C" not null,
    campaign_id text collate "C" not null,
    step_id text collate "C" not null,
    decision json not null,
    primary key (workspace_id, campaign_id, step_id),
    foreign key (workspace_id, campaign_id) references ${s}.campaigns on delete cascade
  )`

/**
 * Counters in two parts. Every transaction appends what it adds to counter_deltas; now and then somebody folds those into counters;
 * readers add both. Transactions that updated a shared counter would wait for each other, and deadlock (measured: 5 in 4 s).
 */
export const counters = (s: string): string => `
  create table ${s}.counters (
    workspace_id text collate "C" not null,
    campaign_id text collate "C" not null,
    step_id text collate "C" not null,
    name text collate "C" not null,
    value bigint not null,
    primary key (workspace_id, campaign_id, step_id, name)
  ) with (fillfactor = 70);
  create table ${s}.counter_deltas (
    workspace_id text collate "C" not null,
    campaign_id text collate "C" not null,
    step_id text collate "C" not null,
    name text collate "C" not null,
    by bigint not null
  ) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
  create index counter_deltas_of_campaign on ${s}.counter_deltas (workspace_id, campaign_id)`
