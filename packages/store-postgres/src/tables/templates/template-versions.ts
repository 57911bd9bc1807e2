/** Immutable versions of templates. */
export const templateVersions = (s: string): string => `
  create table ${s}.template_versions (
    workspace_id text collate "C" not null,
    template_id text collate "C" not null,
    version int not null check (version >= 1),
    content_hash text not null,
    document json not null,
    primary key (workspace_id, template_id, version),
    foreign key (workspace_id, template_id) references ${s}.message_templates on delete cascade
  )`
