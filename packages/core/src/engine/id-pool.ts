import type { Store } from '../ports/store.js'

const atLeast = 100

/**
 * Delivery ids reserved ahead, so that decisions can name deliveries before they are written. Belongs to one batch of work at a time: another
 * one beside it would use up its ids.
 */
export class IdPool {
  private ids: readonly number[] = []
  private used = 0

  constructor(private readonly store: Store) {}

  /** Has at least `count` ids ready. */
  async ensure(count: number): Promise<void> {
    const left = this.ids.slice(this.used)
    if (left.length >= count) return
    const more = await this.store.deliveries.reserveIds(Math.max(count - left.length, atLeast))
    this.ids = [...left, ...more]
    this.used = 0
  }

  readonly next = (): number => {
    const id = this.ids[this.used]
    if (id === undefined) throw new Error('A decision named more deliveries than its steps can have.')
    this.used++
    return id
  }
}
