import type { ContactInput, Counter, Instant, Workspace } from '@drumbeat/core'
import type * as z from 'zod'
import type { scriptedHappening } from './schemas/simulation.js'

/** What is to be played. */
export interface SimulationRequest {
  readonly contacts: readonly ContactInput[]
  readonly from: string
  readonly days: number
  readonly script?: readonly z.output<typeof scriptedHappening>[]
  readonly behavior?: SimulatedBehavior
  readonly seed?: number
}

/** What people do about messages, as probabilities. */
export interface SimulatedBehavior {
  readonly opens?: number
  readonly clicks?: number
  readonly replies?: number
  readonly stops?: number
  readonly bounces?: number
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
    readonly contactId: string
    readonly stepId: string
    readonly itemId: string | null
    readonly channel: string
    readonly to: string
    readonly content: object
  }[]
  readonly load: ReadonlyMap<string, number>
  readonly segments: number
  readonly notSent: readonly {
    readonly stepId: string
    readonly reason: string
    readonly text: string
    readonly count: number
  }[]
  readonly counters: readonly Counter[]
  readonly problems: readonly { readonly contactId: string; readonly problem: string }[]
}

/** Plays a campaign on a virtual clock: `simulate` of `@drumbeat/simulate`, which this package does not depend on. */
export type Simulate = (
  workspace: Workspace,
  campaignId: string,
  request: SimulationRequest,
) => Promise<SimulationResult>
