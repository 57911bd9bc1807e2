/** Keys the hashes under which suppressed addresses are kept, and what engines name outside: one row, made with the schema. Two UUIDs are 244 random bits. */
export const installation = (s: string): string => `
  create table ${s}.installation (
    singleton boolean primary key default true check (singleton),
    hash_key bytea not null default sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'))
  );
  insert into ${s}.installation default values`
