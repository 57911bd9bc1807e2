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
