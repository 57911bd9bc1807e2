/**
 * Who entered what, how often: the primary key is what guards entries, and finds the runs of a contact. It stands beside the runs, not
 * on them, because a run moves with every step, and a wide index on a table that moves is written again each time.
 * No foreign key to campaigns is checked row by row: whoever enrolls locks the campaigns of the batch instead.
 */
export const campaignEntries = (s: string): string => `
  create table ${s}.campaign_entries (
    workspace_id text collate "C" not null,
    contact_id text collate "C" not null,
    campaign_id text collate "C" not null,
    run_key text collate "C" not null,
    entry_no int not null check (entry_no >= 1),
    recipient_id bigint not null,
    primary key (workspace_id, contact_id, campaign_id, run_key, entry_no)
  );
  create index campaign_entries_of_campaign on ${s}.campaign_entries (workspace_id, campaign_id, recipient_id)`
