/** The keys of reports that came in: the real defence against replays, which signatures with a time window are not. */
export const reportKeys = (s: string): string => `
  create table ${s}.report_keys (
    workspace_id text collate "C" not null,
    dedupe_key text collate "C" not null,
    received_at timestamptz not null,
    primary key (workspace_id, dedupe_key)
  );
  create index report_keys_oldest on ${s}.report_keys using brin (received_at)`
