/** Addresses that must not be written to, as keyed hashes: they outlive the contact, and nobody can read them here. */
export const suppressions = (s: string): string => `
  create table ${s}.suppressions (
    address_hash bytea not null,
    workspace_id text collate "C" not null,
    channel text collate "C" not null,
    topic text collate "C",
    topic_key text collate "C" generated always as (coalesce('=' || topic, '')) stored,
    reason text not null,
    at timestamptz not null,
    primary key (address_hash, topic_key, reason)
  )`
