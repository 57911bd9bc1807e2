/**
 * Hashes of what changed permissions once, such as a stop word. Kept for ever: a provider's signature has no end, so whoever has seen a
 * start word could bring it again whenever the ids of it are forgotten.
 */
export const permissionCauses = (s: string): string => `
  create table ${s}.permission_causes (
    high bigint not null,
    low bigint not null,
    primary key (high, low)
  )`
