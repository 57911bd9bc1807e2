/** Settings of each tenant. */
export const workspaces = (s: string): string => `
  create table ${s}.workspaces (
    workspace_id text collate "C" primary key,
    settings json not null
  )`

/** Closed scopes only: T1 reads these rows under the gate's shared lock, so there should be few. */
export const gates = (s: string): string => `
  create sequence ${s}.gate_epochs;
  create table ${s}.gates (
    workspace_id text collate "C" not null,
    kind text not null check (kind in ('workspace', 'campaign', 'step', 'account')),
    ref text collate "C" not null,
    epoch bigint not null,
    closed_at timestamptz not null,
    primary key (workspace_id, kind, ref)
  )`

/** One lease per engine: a heartbeat renews all of its claims by writing this one row. A retired lease has ended long ago. */
export const engines = (s: string): string => `
  create table ${s}.engines (
    engine_id text collate "C" primary key,
    epoch bigint not null,
    lease_expires_at timestamptz not null
  ) with (fillfactor = 50)`

/** Who did what. Appended to, never changed. */
export const auditLog = (s: string): string => `
  create table ${s}.audit_log (
    id bigint generated always as identity primary key,
    workspace_id text collate "C" not null,
    at timestamptz not null,
    actor text,
    action text not null,
    subject text not null,
    detail json not null
  );
  create index audit_log_newest on ${s}.audit_log (workspace_id, at desc, id desc)`

/** Keys the hashes under which suppressed addresses are kept, and what engines name outside: one row, made with the schema. Two UUIDs are 244 random bits. */
export const installation = (s: string): string => `
  create table ${s}.installation (
    singleton boolean primary key default true check (singleton),
    hash_key bytea not null default sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'))
  );
  insert into ${s}.installation default values`
