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

/**
 * One sequence for both numbers: reports and contact changes have their `seq` on arrival, and it is their `id`. Events, which have it when
 * they are first looked at, are found by it among many reports, and only events are asked for by their contact.
 */
export const inboxInOneOrder = (s: string): string => `
  alter table ${s}.inbox alter column id drop identity;
  select setval('${s}.inbox_seqs', greatest((select last_value from ${s}.inbox_seqs), (select coalesce(max(id), 0) from ${s}.inbox)) + 1);
  alter table ${s}.inbox alter column id set default nextval('${s}.inbox_seqs');
  create index inbox_events on ${s}.inbox (seq) where kind = 'event';
  drop index ${s}.inbox_of_contact;
  create index inbox_events_of_contact on ${s}.inbox (workspace_id, contact_id) where kind = 'event'`
