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
