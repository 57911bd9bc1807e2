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
