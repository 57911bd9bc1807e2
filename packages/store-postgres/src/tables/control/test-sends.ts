/** Test sends by when they began: what a stop waits for, and what a workspace's budget counts. `finished_at` lies ahead until they are over. No address is kept. */
export const testSends = (s: string): string => `
  create table ${s}.test_sends (
    id bigint generated always as identity primary key,
    workspace_id text collate "C" not null,
    account text collate "C" not null,
    begun_at timestamptz not null,
    permit_until timestamptz not null,
    finished_at timestamptz not null
  );
  create index test_sends_newest on ${s}.test_sends (workspace_id, begun_at desc)`
