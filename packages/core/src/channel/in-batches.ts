import { addressKey } from '../contact/address.js'
import { ConfigurationError } from '../errors.js'
import type { OutboundMessage, SendContext, SendOutcome } from '../ports/channel.js'
import { callProvider } from './call-provider.js'

/** How messages are gathered into one request. */
export interface BatchRules {
  /** How many messages one request holds at most. 1 = each goes alone, at once. */
  readonly size: number
  /** How long the first message waits for others, in milliseconds. */
  readonly waitMs: number
}

/**
 * The rules that a channel was given, checked; by default each message goes alone.
 * @throws {ConfigurationError} when a request cannot hold so many, or messages would wait longer than a second.
 */
export function batchRules(given: BatchRules | undefined, channel: string, maxSize: number): BatchRules {
  if (given === undefined) return { size: 1, waitMs: 0 }
  if (!(Number.isInteger(given.size) && given.size >= 1 && given.size <= maxSize)) {
    throw new ConfigurationError(`${channel} cannot put ${given.size} messages into a request: 1 to ${maxSize}.`)
  }
  if (!(given.waitMs >= 0 && given.waitMs <= 1000)) {
    throw new ConfigurationError(`${channel} cannot gather messages for ${given.waitMs} ms: 0 to 1000.`)
  }
  return given
}

/** A message that waits for its request. */
export interface BatchItem<Message extends OutboundMessage> {
  readonly message: Message
  readonly context: SendContext
}

interface Waiting<Message extends OutboundMessage> extends BatchItem<Message> {
  readonly resolve: (outcome: SendOutcome | Promise<SendOutcome>) => void
}

/**
 * Gathers messages that are sent at about the same time and have the same key into requests, each address once, whatever the case of its
 * letters: providers tell no two apart by that. Each message is asked
 * for by itself whether it may start, right before its request, and has its own outcome; what the request throws is the outcome of all.
 * `deliver` returns the outcomes in the order of its items.
 */
export function inBatches<Message extends OutboundMessage>(
  { size, waitMs }: BatchRules,
  deliver: (items: readonly BatchItem<Message>[]) => Promise<readonly SendOutcome[]>,
  outcomeOfError: (error: unknown) => SendOutcome,
): (item: BatchItem<Message>, key: string) => Promise<SendOutcome> {
  const gathered = new Map<string, Waiting<Message>[]>()

  const close = (key: string): void => {
    const items = gathered.get(key)
    gathered.delete(key)
    if (items !== undefined) start(items)
  }

  const start = (items: readonly Waiting<Message>[]): void => {
    const starting: { readonly item: Waiting<Message>; readonly settle: (outcome: SendOutcome) => void }[] = []
    for (const item of items) {
      const outcome = () => new Promise<SendOutcome>((settle) => starting.push({ item, settle }))
      item.resolve(callProvider(item.context, outcome, outcomeOfError))
    }
    if (starting.length === 0) return
    deliverAll(starting.map(({ item }) => item)).then((outcomes) => {
      starting.forEach(({ settle }, index) => {
        settle(outcomes[index] ?? { outcome: 'unknown', code: 'no_outcome' })
      })
    })
  }

  const deliverAll = async (items: readonly Waiting<Message>[]): Promise<readonly SendOutcome[]> => {
    try {
      return await deliver(items)
    } catch (error) {
      return items.map(() => outcomeOfError(error))
    }
  }

  return (item, key) =>
    new Promise((resolve) => {
      const waiting = { ...item, resolve }
      if (size <= 1) return start([waiting])
      const to = addressKey(item.message.to)
      if (gathered.get(key)?.some(({ message }) => addressKey(message.to) === to) === true) close(key)
      const items = gathered.get(key) ?? []
      items.push(waiting)
      if (items.length === 1) {
        gathered.set(key, items)
        setTimeout(() => gathered.get(key) === items && close(key), waitMs)
      }
      if (items.length >= size) close(key)
    })
}
