export type { RedisConnection } from './connection.js'
export { type RedisLimiterOptions, redisLimiter } from './redis-limiter.js'
export { type RedisQueueOptions, redisQueue } from './redis-queue.js'
