/** Outcomes that are being found out. */
export const reconciliations = (s: string): string => `
  create table ${s}.reconciliations (
    delivery_id bigint primary key,
    look_at timestamptz not null,
    since timestamptz not null
  );
  create index reconciliations_due on ${s}.reconciliations (look_at)`
