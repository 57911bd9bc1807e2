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

/** Finds contacts by address, in the form in which addresses are compared. */
export const contactAddresses = (s: string): string => `
  create table ${s}.contact_addresses (
    workspace_id text collate "C" not null,
    channel text collate "C" not null,
    address_key text collate "C" not null,
    contact_id text collate "C" not null,
    primary key (workspace_id, contact_id, channel),
    foreign key (workspace_id, contact_id) references ${s}.contacts on delete cascade
  );
  create index contact_addresses_by_address on ${s}.contact_addresses (workspace_id, channel, address_key)`

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

/** The row that is locked before a contact's history is read: of two engines with one contact, the second sees what the first wrote. */
export const contactPacing = (s: string): string => `
  create table ${s}.contact_pacing (
    workspace_id text collate "C" not null,
    contact_id text collate "C" not null,
    primary key (workspace_id, contact_id)
  )`
