/**
 * What is wrong with the server's eviction policy, from its answer to `INFO memory`; null = nothing, or it does not say. A server
 * that evicts keys forgets hints, which costs latency, and rate limits, which lets too much through.
 */
export function evictionProblem(info: unknown): string | null {
  const [, policy] = /^maxmemory_policy:(\S+)/m.exec(String(info)) ?? []
  if (policy === undefined || policy === 'noeviction') return null
  return (
    `Redis may evict Drumbeat's keys: its maxmemory-policy is ${policy}. Hints then come late and rate limits may be exceeded. ` +
    'Set it to noeviction (CONFIG SET maxmemory-policy noeviction).'
  )
}
