/** What experiments decided: the primary key lets one decision stand. */
export const experimentDecisions = (s: string): string => `
  create table ${s}.experiment_decisions (
    workspace_id text collate "C" not null,
    campaign_id text collate "C" not null,
    step_id text collate "C" not null,
    decision json not null,
    primary key (workspace_id, campaign_id, step_id),
    foreign key (workspace_id, campaign_id) references ${s}.campaigns on delete cascade
  )`
