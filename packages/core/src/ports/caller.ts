import type { JsonObject, JsonValue } from '../json.js'

/** What goes with a call of a webhook or an action. */
export interface CallContext {
  /** The same for every attempt of one step visit: de-duplicate by it. */
  readonly idempotencyKey: string
  readonly signal: AbortSignal
}

/** How a call ended. What it throws counts as unknown. */
export type CallOutcome =
  /** Done; `reply` is readable by later steps, `exit` names the exit an action takes (default `next`). */
  | { readonly outcome: 'done'; readonly reply: JsonValue; readonly exit?: string }
  | { readonly outcome: 'failed'; readonly code: string }
  | { readonly outcome: 'not_done'; readonly code: string; readonly retryAfterMs: number | null }
  | { readonly outcome: 'unknown'; readonly code: string }

/** Performs the HTTP calls of webhook steps. */
export interface WebhookCaller {
  call(
    request: {
      readonly url: string
      readonly method: 'POST' | 'PUT'
      readonly headers: { readonly [name: string]: string }
      readonly body: JsonObject
    },
    context: CallContext,
  ): Promise<CallOutcome>
}

/** A step kind that the host brings along. */
export interface Action {
  /** What steps call it. */
  readonly name: string
  /** Checks a step's input when it is published: sentences of what is wrong; empty = fine. */
  check?(input: JsonObject): readonly string[]
  run(
    request: {
      readonly workspaceId: string
      readonly campaignId: string
      readonly contactId: string
      readonly stepId: string
      readonly input: JsonObject
    },
    context: CallContext,
  ): Promise<CallOutcome>
}
