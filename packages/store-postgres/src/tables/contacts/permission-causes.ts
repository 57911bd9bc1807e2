/**
 * Hashes of the messages from contacts that were taken in. Kept for ever: most providers' signatures have no end, so whoever has seen a
 * start word could bring it again as soon as it was forgotten.
 */
export const permissionCauses = (s: string): string => `
  create table ${s}.permission_causes (
    high bigint not null,
    low bigint not null,
    primary key (high, low)
  )`
