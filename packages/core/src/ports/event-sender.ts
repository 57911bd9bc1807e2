/** A request that tells an endpoint of an event. */
export interface EventRequest {
  readonly url: string
  /** Each signs the request: `whsec_` and base64. */
  readonly secrets: readonly string[]
  /** The event's id: the same for every attempt. */
  readonly id: string
  /** JSON. */
  readonly body: string
}

/** What an endpoint answered. */
export type EventAnswer =
  /** Any 2xx. */
  | { readonly answer: 'taken'; readonly status: number }
  /** 410: it wants no events any more. */
  | { readonly answer: 'gone'; readonly status: number }
  /** Everything else: tried again. `status` null = there was no answer. */
  | {
      readonly answer: 'failed'
      readonly status: number | null
      readonly code: string
      readonly retryAfterMs: number | null
    }

/** Carries events to the host's endpoints. */
export interface EventSender {
  /** What is wrong with an address as a place for events, as a sentence; null = nothing that can be seen by itself. */
  problemWith(url: string): string | null
  /** Sends an event, signed. Ends by itself within half a minute; what it throws counts as failed. */
  send(request: EventRequest): Promise<EventAnswer>
}
