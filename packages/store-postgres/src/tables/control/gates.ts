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
