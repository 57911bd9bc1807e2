/** Where hosts want to be told of events. No secret is kept here: it is derived. */
export const webhookEndpoints = (s: string): string => `
  create table ${s}.webhook_endpoints (
    workspace_id text collate "C" not null,
    endpoint_id text collate "C" not null,
    types text[] not null,
    disabled_at timestamptz,
    revision bigint not null,
    created_at timestamptz not null,
    definition json not null,
    primary key (workspace_id, endpoint_id)
  )`
