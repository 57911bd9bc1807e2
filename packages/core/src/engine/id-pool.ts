import type { Store } from '../ports/store.js'

/** Delivery ids reserved ahead, so that decisions can name deliveries before they are written. */
export class IdPool {
  private readonly ids: number[] = []

  constructor(private readonly store: Store) {}

  /** Has at least `count` ids ready. */
  async ensure(count: number): Promise<void> {
    if (this.ids.length >= count) return
    this.ids.push(...(await this.store.deliveries.reserveIds(Math.max(count - this.ids.length, 100))))
  }

  readonly next = (): number => {
    const id = this.ids.shift()
    if (id === undefined) throw new Error('A decision named more deliveries than its steps can have.')
    return id
  }
}
