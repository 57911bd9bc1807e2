/**
 * What people have said, the latest per channel and topic; also people whom the host keeps, so there is no foreign key to contacts.
 * `topic_key` stands for the topic in the key, where a null could not tell two rows apart.
 */
export const contactConsents = (s: string): string => `
  create table ${s}.contact_consents (
    workspace_id text collate "C" not null,
    contact_id text collate "C" not null,
    channel text collate "C" not null,
    topic text collate "C",
    topic_key text collate "C" generated always as (coalesce('=' || topic, '')) stored,
    status text not null check (status in ('unknown', 'pending', 'granted', 'revoked')),
    at timestamptz not null,
    source text not null,
    primary key (workspace_id, contact_id, channel, topic_key)
  )`
