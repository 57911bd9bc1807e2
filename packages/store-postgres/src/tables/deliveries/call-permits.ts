/**
 * Which provider calls may be under way: one row for all calls whose intents were written together, which a stop counts by what their
 * deliveries say. `attempts` is that of each, or one for all; `open` is how many are not settled yet, and a row without any is tidied
 * away. One row per call, written and finished, would be a sixth of what a delivery costs the database.
 */
export const callPermits = (s: string): string => `
  create table ${s}.call_permits (
    id bigint generated always as identity primary key,
    delivery_ids bigint[] not null,
    attempts int[] not null,
    open int not null,
    permit_until timestamptz not null
  );
  alter table ${s}.campaign_deliveries add column permit_id bigint`

/** Calls that were under way when permits came to be kept by the batch. */
export const permitsOfOpenAttempts = (s: string): string => `
  insert into ${s}.call_permits (delivery_ids, attempts, open, permit_until)
  select array_agg(delivery_id), array_agg(n), count(*), max(permit_until) from ${s}.delivery_attempts where finished_at is null having count(*) > 0;
  update ${s}.campaign_deliveries d set permit_id = p.id
  from ${s}.call_permits p, ${s}.delivery_attempts a where a.finished_at is null and a.delivery_id = d.id;
  drop table ${s}.delivery_attempts`
