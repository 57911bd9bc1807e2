/**
 * The runs: narrow, hot, updated in place; each row is its own timer. Only `lane`, `due_at`, `ended_at` and `parked` are in an index,
 * so claims and intents, which touch none of them, are HOT updates; for those the pages keep 30 % free.
 *
 * The due index leaves by `ended_at`, not by status: a predicate on a column that every write touches would end HOT. A parked run keeps
 * its `due_at`. A quarantined one has none, and is not due.
 */
export const campaignRecipients = (s: string): string => `
  create sequence ${s}.recipient_ids;
  create table ${s}.campaign_recipients (
    id bigint primary key,
    workspace_id text collate "C" not null,
    campaign_id text collate "C" not null,
    contact_id text collate "C" not null,
    run_key text collate "C" not null,
    entry_no int not null,
    version int not null,
    status text not null check (status in ('active', 'completed', 'exited', 'quarantined')),
    reason text,
    enrolled_at timestamptz not null,
    ended_at timestamptz,
    step_id text not null,
    visit int not null,
    waiting text not null check (waiting in ('timer', 'event', 'delivery', 'hold')),
    due_at timestamptz,
    lane int not null,
    delivery_id bigint,
    parked boolean not null,
    memory jsonb not null,
    fence bigint not null,
    claims int not null,
    owner text,
    constraint nobody_sleeps_for_ever check (status <> 'active' or due_at is not null),
    constraint ended_when_over check ((status in ('completed', 'exited')) = (ended_at is not null))
  ) with (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.02
  );
  create index campaign_recipients_due on ${s}.campaign_recipients (lane, due_at) where ended_at is null and not parked`

/** What runs remember as it was stored before, with instants in place of offsets and plans with names. */
export const memoryByOffsets = (s: string): string => `
  with bases as (select id, memory, (memory->>'base')::numeric as base from ${s}.campaign_recipients)
  update ${s}.campaign_recipients r set memory = b.memory
    || case when b.memory ? 'since' then jsonb_build_object('since', (b.memory->>'since')::numeric - b.base) else '{}' end
    || case when b.memory ? 'plans' then jsonb_build_object('plans', (
      select jsonb_object_agg(key, jsonb_build_array((value->>'plannedAt')::numeric - b.base,
        (value->>'dueAt')::numeric - (value->>'plannedAt')::numeric, value->'state', value->'deliveryId', value->'attempts'))
      from jsonb_each(b.memory->'plans'))) else '{}' end
    || case when b.memory ? 'path' then jsonb_build_object('path', (
      select jsonb_agg(jsonb_set(entry, '{1}', to_jsonb((entry->>1)::numeric - b.base)) order by n)
      from jsonb_array_elements(b.memory->'path') with ordinality as entries(entry, n))) else '{}' end
  from bases b where r.id = b.id`
