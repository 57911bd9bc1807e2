import { ConfigurationError } from '../errors.js'
import type { Hint, HintSubscription, Queue } from '../ports/queue.js'
import type { Priority } from '../sequence/step.js'

/** How many hints wait at most; beyond that the oldest of the least urgent is dropped, which costs latency only. */
const mostWaiting = 10_000
const byUrgency: readonly Priority[] = ['immediate', 'normal', 'bulk']

interface Subscriber extends HintSubscription {
  /** Hints under way, by the line they came from. */
  readonly underWay: Map<string, Set<Promise<void>>>
}

/** Hands hints out among the engines of this process. */
export function inProcessQueue(): Queue {
  /** Waiting hints by line (`inbox`, or a channel's), then by urgency. */
  const lines = new Map<string, Map<Priority, Hint[]>>()
  /** In the order in which they are offered the next hint. */
  let subscribers: readonly Subscriber[] = []
  let leader = { engineId: '', until: Number.NEGATIVE_INFINITY }

  const add = (hint: Hint): void => {
    const line = lines.get(lineOf(hint)) ?? new Map<Priority, Hint[]>()
    lines.set(lineOf(hint), line)
    const priority = hint.kind === 'due' ? hint.lane.priority : 'normal'
    const waiting = line.get(priority) ?? []
    line.set(priority, waiting)
    waiting.push(hint)
    if (count(line) > mostWaiting) byUrgency.findLast((one) => line.get(one)?.shift() !== undefined)
  }

  const handOut = (name: string): void => {
    const line = lines.get(name)
    for (;;) {
      const subscriber = subscribers.find((one) => listensTo(one, name) && underWay(one, name).size < one.atOnce)
      const priority = byUrgency.find((one) => (line?.get(one)?.length ?? 0) > 0)
      if (subscriber === undefined || priority === undefined) return
      const hint = line?.get(priority)?.shift()
      if (hint === undefined) return
      subscribers = [...subscribers.filter((one) => one !== subscriber), subscriber]
      start(subscriber, name, hint)
    }
  }

  const start = (subscriber: Subscriber, name: string, hint: Hint): void => {
    const slots = underWay(subscriber, name)
    const work = Promise.resolve(hint)
      .then(subscriber.take)
      .catch(() => {})
      .finally(() => {
        slots.delete(work)
        handOut(name)
      })
    slots.add(work)
  }

  const end = async (subscriber: Subscriber): Promise<void> => {
    subscribers = subscribers.filter((one) => one !== subscriber)
    await Promise.all([...subscriber.underWay.values()].flatMap((slots) => [...slots]))
  }

  return {
    async push(hints) {
      for (const hint of hints) add(hint)
      for (const name of new Set(hints.map(lineOf))) handOut(name)
    },
    async subscribe(subscription) {
      checkSubscription(subscription)
      const subscriber: Subscriber = { ...subscription, underWay: new Map() }
      subscribers = [...subscribers, subscriber]
      for (const name of lines.keys()) handOut(name)
      return () => end(subscriber)
    },
    async waiting({ channel }) {
      return count(lines.get(dueLine(channel)))
    },
    async lead({ engineId, forMs }) {
      const now = performance.now()
      if (leader.engineId !== engineId && now < leader.until) return false
      leader = { engineId, until: now + forMs }
      return forMs > 0
    },
    async close() {
      await Promise.all(subscribers.map(end))
    },
  }
}

/**
 * Refuses a subscription that could never take a hint.
 * @throws {ConfigurationError} when `atOnce` is not a whole number of 1 or more.
 */
function checkSubscription({ atOnce }: HintSubscription): void {
  if (Number.isInteger(atOnce) && atOnce >= 1) return
  throw new ConfigurationError(`A subscription takes 1 or more hints at once, not ${atOnce}.`)
}

const dueLine = (channel: string): string => `due:${channel}`

function lineOf(hint: Hint): string {
  return hint.kind === 'inbox' ? 'inbox' : dueLine(hint.lane.channel)
}

function listensTo({ channels }: HintSubscription, line: string): boolean {
  return line === 'inbox' || channels.some((channel) => dueLine(channel) === line)
}

function underWay({ underWay: slots }: Subscriber, line: string): Set<Promise<void>> {
  const known = slots.get(line) ?? new Set()
  slots.set(line, known)
  return known
}

function count(line: ReadonlyMap<Priority, readonly Hint[]> | undefined): number {
  return [...(line?.values() ?? [])].reduce((sum, { length }) => sum + length, 0)
}
