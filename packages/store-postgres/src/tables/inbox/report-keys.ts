/** The keys of reports that came in: the real defence against replays, which signatures with a time window are not. */
export const reportKeys = (s: string): string => `
  create table ${s}.report_keys (
    workspace_id text collate "C" not null,
    dedupe_key text collate "C" not null,
    received_at timestamptz not null,
    primary key (workspace_id, dedupe_key)
  );
  create index report_keys_oldest on ${s}.report_keys using brin (received_at)`

/**
 * The same keys as 128 bits of hash: half the time to write of a text with its workspace, and a third of the space. Two keys with one hash
 * do not happen; if they did, one report would be taken for a copy.
 */
export const reportKeysAsHashes = (s: string): string => `
  drop table ${s}.report_keys;
  create table ${s}.report_keys (
    high bigint not null,
    low bigint not null,
    received_at timestamptz not null,
    primary key (high, low)
  );
  create index report_keys_oldest on ${s}.report_keys using brin (received_at)`
