/** How many ids of runs the sequence hands out at once. */
export const idsPerBlock = 10_000

/**
 * Whose campaign's the runs are whose ids lie in a block: the sequence hands ids out ten thousand at a time, and a block, once a run has begun
 * with an id of it, belongs to one campaign. So the runs of a campaign lie together and are found by their own key, and an audience
 * writes a row here for each block, not an entry in an index for each of its contacts. Blocks never overlap; what a block does not use
 * is lost, which at a thousand blocks per second would take 28 years to be felt.
 */
export const recipientBlocks = (s: string): string => `
  create table ${s}.recipient_blocks (
    workspace_id text collate "C" not null,
    campaign_id text collate "C" not null,
    first_id bigint not null,
    last_id bigint not null,
    primary key (workspace_id, campaign_id, first_id)
  );
  insert into ${s}.recipient_blocks
    select workspace_id, campaign_id, min(recipient_id), max(recipient_id) from (
      select *, row_number() over (order by recipient_id)
        - row_number() over (partition by workspace_id, campaign_id order by recipient_id) as island
      from ${s}.campaign_entries) e
    group by workspace_id, campaign_id, island;
  drop index ${s}.campaign_entries_of_campaign;
  alter sequence ${s}.recipient_ids increment by ${idsPerBlock}`
