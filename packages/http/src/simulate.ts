import type { ContactInput, Counter, Instant, JsonObject, Workspace } from '@drumbeat/core'

/** What is to be played. */
export interface SimulationRequest {
  readonly contacts: readonly ContactInput[]
  readonly from: string
  readonly days: number
  readonly script?: readonly ({ readonly at: string; readonly contactId: string } & (
    | { readonly event: string; readonly data?: JsonObject }
    | { readonly changes: Omit<ContactInput, 'id'> }
    | { readonly inbound: { readonly channel: string; readonly text: string; readonly automatic?: boolean } }
  ))[]
  readonly behavior?: Readonly<Record<string, number>>
  readonly seed?: number
}

/** What came of it. */
export interface SimulationResult {
  readonly timelines: ReadonlyMap<
    string,
    readonly {
      readonly at: Instant
      readonly local: string
      readonly kind: string
      readonly stepId: string
      readonly text: string
    }[]
  >
  readonly messages: readonly {
    readonly at: Instant
    readonly channel: string
    readonly to: string
    readonly content: object
  }[]
  readonly load: ReadonlyMap<string, number>
  readonly segments: number
  readonly notSent: ReadonlyMap<string, number>
  readonly counters: readonly Counter[]
}

/** Plays a campaign on a virtual clock: `simulate` of `@drumbeat/simulate`, which this package does not depend on. */
export type Simulate = (
  workspace: Workspace,
  campaignId: string,
  request: SimulationRequest,
) => Promise<SimulationResult>
