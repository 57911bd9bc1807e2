import type { Stage } from './stage.js'

/** What a store must do: a sentence about behavior, and the proof of it on an empty store. */
export interface Cases {
  readonly [sentence: string]: (stage: Stage) => Promise<void>
}
