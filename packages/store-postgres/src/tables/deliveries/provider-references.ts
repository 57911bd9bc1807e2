/**
 * Finds deliveries by the provider's id, through a hash: an index on the id itself would be wide, random, and would end the HOT update
 * that settles a delivery. The delivery says whether the hash was right.
 */
export const providerReferences = (s: string): string => `
  create table ${s}.provider_references (
    hash bigint not null,
    delivery_id bigint not null,
    primary key (hash, delivery_id)
  )`
/**
 * The same without its key, which looked for a copy of each row before it was written. Copies do no harm: whoever looks for a delivery takes
 * the first one.
 */
export const providerReferencesWithoutKey = (s: string): string => `
  alter table ${s}.provider_references drop constraint provider_references_pkey;
  create index provider_references_by_hash on ${s}.provider_references (hash)`

/** Finds what stands beside old deliveries. It costs next to nothing to write: rows come in the order of ids, nearly. */
export const providerReferencesByAge = (s: string): string =>
  `create index provider_references_by_age on ${s}.provider_references using brin (delivery_id)`
