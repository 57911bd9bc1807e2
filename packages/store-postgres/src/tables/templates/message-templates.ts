/** Templates: the row that is locked while a version gets its number. */
export const messageTemplates = (s: string): string => `
  create table ${s}.message_templates (
    workspace_id text collate "C" not null,
    template_id text collate "C" not null,
    channel text not null,
    latest_version int not null,
    primary key (workspace_id, template_id)
  )`
