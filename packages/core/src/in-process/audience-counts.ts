import type { AudienceCount, AudienceCounts } from '../ports/audience-counts.js'

const mostKept = 1_000

/** Keeps the counts of this process, the latest thousand of them. How old they may be, who asks decides. */
export function inProcessAudienceCounts(): AudienceCounts {
  const kept = new Map<string, AudienceCount>()
  return {
    get: async (key) => kept.get(key) ?? null,
    async keep(key, count) {
      kept.delete(key)
      kept.set(key, count)
      const [oldest] = kept.keys()
      if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest)
    },
  }
}
