interface Waiting<Item> {
  readonly item: Item
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** How a write gathers what it takes together. */
export interface Gathering {
  /** The most that one write takes. Default 500. */
  readonly most?: number
  /** How long the next write waits after one, for others to come with it. Default 5 ms. */
  readonly rest?: () => Promise<unknown>
}

const restMs = 5

/**
 * Joins what many requests want to write at one time: while a write is under way, and for a moment after it, the next ones wait, and go
 * together. Resolves once the item is durable, so nothing is answered too early, and a single request waits for nobody. Items of one key
 * keep their order. When a joint write fails, each item is written alone, so that a bad one fails by itself.
 */
export function gathering<Item>(
  write: (key: string, items: readonly Item[]) => Promise<unknown>,
  { most = 500, rest = () => new Promise((resolve) => setTimeout(resolve, restMs)) }: Gathering = {},
): (key: string, item: Item) => Promise<void> {
  const queues = new Map<string, Waiting<Item>[]>()
  async function drain(key: string, queue: Waiting<Item>[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, most)
      const isWritten = batch.length > 1 && (await together(key, batch))
      if (!isWritten) for (const one of batch) await alone(key, one)
      if (queue.length < most) await rest()
    }
    queues.delete(key)
  }
  async function together(key: string, batch: readonly Waiting<Item>[]): Promise<boolean> {
    try {
      await write(
        key,
        batch.map(({ item }) => item),
      )
    } catch {
      return false
    }
    for (const { resolve } of batch) resolve()
    return true
  }
  async function alone(key: string, { item, resolve, reject }: Waiting<Item>): Promise<void> {
    try {
      await write(key, [item])
      resolve()
    } catch (error) {
      reject(error)
    }
  }
  return (key, item) =>
    new Promise((resolve, reject) => {
      const queue = queues.get(key)
      if (queue !== undefined) {
        queue.push({ item, resolve, reject })
        return
      }
      const begun = [{ item, resolve, reject }]
      queues.set(key, begun)
      void drain(key, begun)
    })
}
