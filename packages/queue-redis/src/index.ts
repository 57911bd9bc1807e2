export {
  type CachedContacts,
  type CachedContactsOptions,
  type ContactsNamed,
  cachedContacts,
} from './cached-contacts.js'
export type { RedisConnection } from './connection.js'
export { type RedisAudienceCountsOptions, redisAudienceCounts } from './redis-audience-counts.js'
export { type RedisLimiterOptions, redisLimiter } from './redis-limiter.js'
export { type RedisQueueOptions, redisQueue } from './redis-queue.js'
