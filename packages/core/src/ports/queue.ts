import type { Lane } from '../recipient/recipient.js'

/** Says that something is due. Carries no truth: one that is lost costs latency, one that comes twice or too late costs nothing. */
export type Hint =
  /** Something has been reported for contacts of this workspace. */
  | { readonly kind: 'inbox'; readonly workspaceId: string }
  /**
   * A batch of runs, of any workspaces, that are due or about to be; none named = any. Whoever takes it claims what is really due.
   */
  | { readonly kind: 'due'; readonly lane: Lane; readonly recipientIds: readonly number[] }

/** Which hints a subscriber takes, how many at once, and what it does with them. */
export interface HintSubscription {
  /** The channels whose `due` hints it takes; `''` = of runs whose next step sends nothing. `inbox` hints are taken by everybody. */
  readonly channels: readonly string[]
  /** How many hints of one channel may be under way here at once: 1 or more. Channels never wait for each other. */
  readonly atOnce: number
  /** Resolves when the hint's work is done, and so makes room for the next. What it throws is forgotten with the hint. */
  readonly take: (hint: Hint) => Promise<void>
}

/**
 * Hands hints out among engines, in one process or in many. The engine finds all work in the Store by itself, so a queue may lose
 * everything at any time; hints spread batches over engines and make them look sooner.
 */
export interface Queue {
  /**
   * Offers hints, each to one subscriber: of a channel, the most urgent priority first, and in order within it. Answers within about
   * a second: rejects when it cannot be reached, and the hints are lost then.
   */
  push(hints: readonly Hint[]): Promise<void>
  /** Takes hints until the returned function is called, which waits for the work under way. */
  subscribe(subscription: HintSubscription): Promise<() => Promise<void>>
  /** How many `due` hints of the channel nobody has taken yet: who pushes batches stops at a bound. */
  waiting(request: { readonly channel: string }): Promise<number>
  /**
   * Whether this engine is the one, of all that share the queue, that looks for due runs and says so to the others: for `forMs`, or until it
   * asks again; 0 gives the lead up. Rejects when the queue cannot be reached. Two that lead cost queries, none that leads costs latency.
   * Without this method every engine looks for itself.
   */
  lead?(request: { readonly engineId: string; readonly forMs: number }): Promise<boolean>
  /** Ends every subscription and gives connections back. Hints that wait are left to other processes. */
  close(): Promise<void>
}
