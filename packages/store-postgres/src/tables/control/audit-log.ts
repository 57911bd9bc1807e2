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
