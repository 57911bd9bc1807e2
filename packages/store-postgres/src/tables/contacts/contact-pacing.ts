/** The row that is locked before a contact's history is read: of two engines with one contact, the second sees what the first wrote. */
export const contactPacing = (s: string): string => `
  create table ${s}.contact_pacing (
    workspace_id text collate "C" not null,
    contact_id text collate "C" not null,
    primary key (workspace_id, contact_id)
  )`
