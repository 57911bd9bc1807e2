/** A hint that something is due. Carries no truth: a lost one costs latency, nothing else. */
export interface Hint {
  readonly workspaceId: string
  readonly kind: 'due' | 'inbox'
}

/** Wakes engines early. The engine finds all work in the Store by itself; hints only make it look sooner. */
export interface Queue {
  /** Hands out a hint, to any one engine. A failure is logged and forgotten. */
  push(hint: Hint): Promise<void>
  /** Calls `wake` for hints until the returned function is called. */
  subscribe(wake: (hint: Hint) => void): Promise<() => Promise<void>>
  close(): Promise<void>
}
