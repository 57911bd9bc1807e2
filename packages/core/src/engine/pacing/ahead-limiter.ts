import type { Limiter, LimitKey, Rate, Reservation } from '../../ports/limiter.js'
import type { Instant } from '../../schedule/instant.js'

type Request = Parameters<Limiter['reserve']>[0]

interface Ahead {
  readonly key: LimitKey
  readonly rate: Rate
  readonly units: number
}

/**
 * A limiter of which units can be reserved before it is known for what: reservations use those up first. So an engine claims no more runs
 * than can start, and writes no run that has to wait.
 */
export class AheadLimiter implements Limiter {
  private readonly held = new Map<string, Ahead>()
  private readonly refused = new Map<string, Instant>()

  constructor(private readonly limiter: Limiter) {}

  /** Reserves ahead. What is not used has to be given back by {@link giveBackAhead}. */
  async reserveAhead(request: Request): Promise<Reservation> {
    const { key, rate, now } = request
    const reservation = await this.limiter.reserve(request)
    const { granted, retryAfterMs } = reservation
    if (granted === 0) this.refused.set(nameOf(key), now + retryAfterMs)
    else {
      this.refused.delete(nameOf(key))
      this.held.set(nameOf(key), { key, rate, units: granted + this.heldOf(key) })
    }
    return reservation
  }

  /** When something can be reserved ahead again that was refused; null = nothing was. */
  nextOpening(now: Instant): Instant | null {
    const openings = [...this.refused.values()].filter((at) => at > now)
    return openings.length === 0 ? null : Math.min(...openings)
  }

  async reserve(request: Request): Promise<Reservation> {
    const { key, rate, units, atLeast = 1 } = request
    const ahead = Math.min(units, this.heldOf(key))
    if (ahead === units) {
      this.held.set(nameOf(key), { key, rate, units: this.heldOf(key) - units })
      return { granted: units, retryAfterMs: 0 }
    }
    // Taken out before anybody else is let in.
    this.held.set(nameOf(key), { key, rate, units: this.heldOf(key) - ahead })
    const more = { ...request, units: units - ahead, atLeast: Math.max(1, atLeast - ahead) }
    const { granted, retryAfterMs } = await this.limiter.reserve(more)
    if (ahead + granted >= atLeast)
      return { granted: ahead + granted, retryAfterMs: ahead + granted > 0 ? 0 : retryAfterMs }
    this.held.set(nameOf(key), { key, rate, units: this.heldOf(key) + ahead })
    return { granted: 0, retryAfterMs }
  }

  giveBack(request: Parameters<Limiter['giveBack']>[0]): Promise<void> {
    return this.limiter.giveBack(request)
  }

  /** Gives back whatever is left of what was reserved ahead. */
  async giveBackAhead(now: Instant): Promise<void> {
    const left = [...this.held.values()].filter(({ units }) => units > 0)
    this.held.clear()
    for (const { key, rate, units } of left) await this.limiter.giveBack({ key, rate, units, now })
  }

  private heldOf(key: LimitKey): number {
    return this.held.get(nameOf(key))?.units ?? 0
  }
}

function nameOf({ account, sender }: LimitKey): string {
  return `${account.length}:${account}${sender}`
}
