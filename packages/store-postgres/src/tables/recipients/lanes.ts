/** Lanes as small numbers, so that the due index is narrow. Never deleted: engines keep them in memory. */
export const lanes = (s: string): string => `
  create table ${s}.lanes (
    id int generated always as identity primary key,
    workspace_id text collate "C" not null,
    channel text collate "C" not null,
    priority text not null check (priority in ('immediate', 'normal', 'bulk')),
    unique (workspace_id, channel, priority)
  )`
