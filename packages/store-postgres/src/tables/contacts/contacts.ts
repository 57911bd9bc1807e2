/** Contacts that the host does not keep itself. Attributes are `jsonb`, because audiences ask for parts of them. */
export const contacts = (s: string): string => `
  create table ${s}.contacts (
    workspace_id text collate "C" not null,
    contact_id text collate "C" not null check (contact_id <> ''),
    addresses jsonb not null,
    zone text,
    locale text,
    attributes jsonb not null,
    tags text[] not null,
    updated_at timestamptz not null,
    primary key (workspace_id, contact_id)
  ) with (fillfactor = 85)`
