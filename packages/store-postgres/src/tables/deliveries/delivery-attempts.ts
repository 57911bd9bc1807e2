/**
 * Each provider call that may have started, in the same ranges. The partial index holds calls under way only, which a stop counts; what
 * is finished leaves it. Until permits were kept by the batch: see `call-permits`.
 */
export const deliveryAttempts = (s: string): string => `
  create table ${s}.delivery_attempts (
    delivery_id bigint not null,
    n int not null,
    idempotency_key text not null,
    begun_at timestamptz not null,
    permit_until timestamptz not null,
    finished_at timestamptz,
    primary key (delivery_id, n)
  ) partition by range (delivery_id);
  create index delivery_attempts_open on ${s}.delivery_attempts (delivery_id) where finished_at is null;
  create table ${s}.delivery_attempts_default partition of ${s}.delivery_attempts default`
