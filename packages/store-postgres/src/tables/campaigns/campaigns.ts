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
