/** One lease per engine: a heartbeat renews all of its claims by writing this one row. A retired lease is set back by an hour. Engines that are gone for a day are deleted. */
export const engines = (s: string): string => `
  create table ${s}.engines (
    engine_id text collate "C" primary key,
    epoch bigint not null,
    lease_expires_at timestamptz not null
  ) with (fillfactor = 50)`
