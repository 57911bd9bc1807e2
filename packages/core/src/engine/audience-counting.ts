import { hashOfJson } from '../message/hash.js'
import type { AudienceCount, AudienceCounts } from '../ports/audience-counts.js'
import type { Clock } from '../ports/clock.js'
import type { Condition } from '../sequence/condition.js'

/** Counts audiences no more often than those who ask need it: what is kept is answered, and those who ask at one time share one count. */
export class AudienceCounting {
  private readonly underWay = new Map<string, Promise<AudienceCount>>()

  constructor(
    private readonly kept: AudienceCounts,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /** A count that is at most `maxAgeMs` old. It is kept for so long; with 0 it is made now, and kept for nobody. */
  async of(
    audience: { readonly workspaceId: string; readonly where: Condition | null },
    maxAgeMs: number,
    count: () => Promise<AudienceCount>,
  ): Promise<AudienceCount> {
    if (maxAgeMs <= 0) return count()
    const key = hashOfJson([audience.workspaceId, audience.where])
    const known = await this.kept.get(key)
    if (known !== null && this.clock.now() - known.countedAt <= maxAgeMs) return known
    const joined = this.underWay.get(key)
    if (joined !== undefined) return joined
    const counting = count().finally(() => this.underWay.delete(key))
    this.underWay.set(key, counting)
    const made = await counting
    await this.kept.keep(key, made, maxAgeMs)
    return made
  }
}
