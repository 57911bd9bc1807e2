/** Settings of each tenant. */
export const workspaces = (s: string): string => `
  create table ${s}.workspaces (
    workspace_id text collate "C" primary key,
    settings json not null
  )`
