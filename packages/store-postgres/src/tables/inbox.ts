/**
 * What hosts report. The primary key takes each event once. `seq` is given when the event is first looked at, not when it is appended:
 * transactions do not commit in the order of their numbers, and a run that has seen event 6 would never see a 5 that commits later.
 */
export const events = (s: string): string => `
  create table ${s}.events (
    workspace_id text collate "C" not null,
    event_id text collate "C" not null,
    contact_id text collate "C" not null,
    name text collate "C" not null,
    at timestamptz not null,
    data jsonb not null,
    seq bigint,
    primary key (workspace_id, event_id)
  ) with (fillfactor = 90);
  create index events_of_contact on ${s}.events (workspace_id, contact_id, name)`

/** What waits to be taken in. Rows are deleted when it is. */
export const inbox = (s: string): string => `
  create sequence ${s}.inbox_seqs;
  create table ${s}.inbox (
    id bigint generated always as identity primary key,
    seq bigint,
    workspace_id text collate "C" not null,
    contact_id text collate "C" not null,
    received_at timestamptz not null,
    kind text not null check (kind in ('event', 'report', 'contact_changed')),
    event_id text collate "C",
    delivery_id bigint,
    facts jsonb,
    check ((kind = 'event') = (event_id is not null)),
    check ((kind = 'report') = (delivery_id is not null and facts is not null))
  ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
  create unique index inbox_seq on ${s}.inbox (seq) where seq is not null;
  create index inbox_unnumbered on ${s}.inbox (id) where seq is null;
  create index inbox_of_contact on ${s}.inbox (workspace_id, contact_id)`

/** The keys of reports that came in: the real defence against replays, which signatures with a time window are not. */
export const reportKeys = (s: string): string => `
  create table ${s}.report_keys (
    workspace_id text collate "C" not null,
    dedupe_key text collate "C" not null,
    received_at timestamptz not null,
    primary key (workspace_id, dedupe_key)
  );
  create index report_keys_oldest on ${s}.report_keys using brin (received_at)`

/** Reports that no delivery matches yet: by the delivery's id, or by the hash of the provider's. */
export const parkedReports = (s: string): string => `
  create table ${s}.parked_reports (
    id bigint generated always as identity primary key,
    workspace_id text collate "C" not null,
    delivery_id bigint,
    channel text,
    provider_id text,
    hash bigint,
    facts jsonb not null,
    received_at timestamptz not null,
    expires_at timestamptz not null,
    parked_at timestamptz not null default clock_timestamp()
  );
  create index parked_reports_by_delivery on ${s}.parked_reports (delivery_id) where delivery_id is not null;
  create index parked_reports_by_provider on ${s}.parked_reports (hash) where hash is not null`
