/** Published versions: written once, read by every engine that plays them. */
export const sequenceVersions = (s: string): string => `
  create table ${s}.sequence_versions (
    workspace_id text collate "C" not null,
    campaign_id text collate "C" not null,
    version int not null check (version >= 1),
    sequence json not null,
    content_hash text not null,
    published_at timestamptz not null,
    primary key (workspace_id, campaign_id, version),
    foreign key (workspace_id, campaign_id) references ${s}.campaigns on delete cascade
  )`
