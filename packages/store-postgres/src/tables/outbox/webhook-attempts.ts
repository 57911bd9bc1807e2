/** How attempts at endpoints ended, for a while. Says nothing of what the events were about. */
export const webhookAttempts = (s: string): string => `
  create table ${s}.webhook_attempts (
    id bigint generated always as identity primary key,
    workspace_id text collate "C" not null,
    endpoint_id text collate "C" not null,
    event_id text collate "C" not null,
    type text not null,
    attempt int not null,
    at timestamptz not null,
    duration_ms int not null,
    answer text not null check (answer in ('taken', 'gone', 'failed')),
    status int,
    code text
  );
  create index webhook_attempts_newest on ${s}.webhook_attempts (workspace_id, endpoint_id, id desc);
  create index webhook_attempts_oldest on ${s}.webhook_attempts using brin (at)`
