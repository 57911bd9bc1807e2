/**
 * Events that endpoints have not been told of, one row for each endpoint, and deleted when it has taken it. Without a foreign key: whoever
 * writes an event must not wait for somebody who deletes an endpoint.
 */
export const outbox = (s: string): string => `
  create table ${s}.outbox (
    id bigint generated always as identity primary key,
    workspace_id text collate "C" not null,
    endpoint_id text collate "C" not null,
    event_id text collate "C" not null,
    type text not null,
    stream text collate "C" not null,
    at timestamptz not null,
    data json not null,
    written_at timestamptz not null,
    attempts int not null default 0,
    due_at timestamptz not null,
    lease_expires_at timestamptz,
    set_aside boolean not null default false
  ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
  create index outbox_due on ${s}.outbox (workspace_id, endpoint_id, due_at, id) where not set_aside;
  create index outbox_of_stream on ${s}.outbox (workspace_id, endpoint_id, stream, id);
  create index outbox_oldest on ${s}.outbox using brin (written_at)`
