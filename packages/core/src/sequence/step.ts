import type { Category } from '../contact/consent.js'
import type { JsonObject, JsonValue, Metadata } from '../json.js'
import type { Anchor, Moment, ZoneChoice } from '../schedule/moment.js'
import type { SendRules } from '../schedule/window.js'
import type { Condition, DataFilter, Since } from './condition.js'

/** The name of a step within its sequence: 1–64 characters, stable for life. */
export type StepId = string

/** What every step carries. */
interface StepBase {
  /** The name a person gave it; shown instead of the id. */
  readonly name?: string
  readonly metadata?: Metadata
}

/** Which message goes first when several may: `immediate` before `normal` before `bulk`. */
export type Priority = 'immediate' | 'normal' | 'bulk'

/** What to do with a send whose moment passed more than its `maxLateness` ago. */
export type OnLate = 'send' | 'defer' | 'skip' | 'exit'

/** The rules that a send may replace (`{ … }`) or ignore (`'ignore'`), by name. What is not named applies as set above it. */
export interface RuleOverrides {
  readonly quietHours?: string | 'ignore'
  readonly windows?: SendRules['windows'] | 'ignore'
  readonly blackouts?: SendRules['blackouts'] | 'ignore'
  readonly caps?: 'ignore'
  readonly outside?: SendRules['outside']
  readonly zone?: ZoneChoice
}

/** One message: which channel, which template, and under which rules. */
export interface MessageSpec {
  /** The name of a channel: `email`, `sms`, … */
  readonly channel: string
  /** The template's id: its latest version when the send is claimed, or a pinned one. */
  readonly template: string | { readonly id: string; readonly version: number }
  /** Default `marketing`. */
  readonly category?: Category
  readonly topic?: string
  /** Default `normal`. */
  readonly priority?: Priority
  /** Continues the conversation of an earlier step's message (e-mail threads). */
  readonly thread?: { readonly sameAs: StepId }
  readonly rules?: RuleOverrides
  /** Judged when the send is claimed, with the facts of that moment. */
  readonly skipWhen?: Condition
  /** After this moment the message is no longer wanted and is recorded as `expired`. */
  readonly notAfter?: Moment
  /** ISO-8601 duration of elapsed time. Default 2 h for `sms`, 24 h for any other channel. */
  readonly maxLateness?: string
  /** Default `send`. */
  readonly onLate?: OnLate
  readonly metadata?: Metadata
}

/** Sends one message. */
export interface SendStep extends StepBase, MessageSpec {
  readonly kind: 'send'
  readonly next: StepId
  /** Where the run goes when the message failed for good; default `next`. */
  readonly failed?: StepId
  /** What a permanent failure or an unresolved outcome means without a `failed` path. Default `advance`. */
  readonly onFailure?: 'advance' | 'exit'
}

/** One message of a series, with its own moment. Its anchor is the series' unless it names another. */
export interface SeriesItem extends MessageSpec, Moment {
  /** Stable within the series, 1–64 characters. */
  readonly id: string
}

/** Several messages around one anchor. Each is planned on its own and goes out at most once per run. */
export interface SeriesStep extends StepBase {
  readonly kind: 'series'
  readonly anchor: Anchor
  readonly zone?: ZoneChoice
  readonly items: readonly SeriesItem[]
  /** Taken after the last item. */
  readonly next: StepId
  /** Taken instead when every item was past when the run arrived. */
  readonly past?: StepId
}

/** Waits until a moment. */
export interface WaitStep extends StepBase, Moment {
  readonly kind: 'wait'
  readonly next: StepId
  /** Taken with `ifPast: 'skip'` when the moment was already past. Default `next`. */
  readonly past?: StepId
}

/** What a case of a `waitFor` waits for. */
export type WaitTrigger =
  | { readonly event: string; readonly where?: readonly DataFilter[] }
  | { readonly condition: Condition }
  | { readonly reply: true; readonly keyword?: 'stop' | 'start' | 'help' | 'yes' | 'no' }

/** One case of a `waitFor`. */
export type WaitCase = WaitTrigger & { readonly next: StepId }

/** Waits for the first of its cases, at most until its limit. */
export interface WaitForStep extends StepBase {
  readonly kind: 'waitFor'
  /** Judged in this order when several hold at one instant. */
  readonly cases: readonly WaitCase[]
  /** Required: nobody waits for ever. */
  readonly limit: Moment
  readonly timedOut: StepId
  /** Default `stepEntry`: what happened at or after the intent of the send before it. */
  readonly since?: Since
}

/** Takes the first path whose condition holds. */
export interface BranchStep extends StepBase {
  readonly kind: 'branch'
  readonly cases: readonly { readonly when: Condition; readonly next: StepId }[]
  readonly otherwise: StepId
}

/** One arm of a split. */
export interface Arm {
  /** Percent of the people who come to the split; all arms together are 100. */
  readonly weight: number
  readonly next: StepId
  /** Nobody in a holdout arm gets a message from this campaign; they are counted. */
  readonly holdout?: boolean
}

/** How the better arm of a split is found. */
export interface ExperimentSpec {
  /** What counts as success, per person assigned, within `horizon` of the assignment. */
  readonly metric:
    | { readonly event: string; readonly where?: readonly DataFilter[] }
    | { readonly fact: 'delivered' | 'opened' | 'clicked' }
  /** ISO-8601 duration. */
  readonly horizon: string
  /** Percent of the people who are assigned at once; the others are held in the step until the decision. */
  readonly testShare: number
  /** When the decision is made, the same for everyone: a fixed instant, or a moment anchored at `campaignStart`. */
  readonly decideAt: Moment
  /** Two-proportion z-test of the best arm against the second best. */
  readonly test: 'two-proportion-z'
  /** The largest p-value that counts as a difference, e.g. 0.05. */
  readonly alpha: number
  readonly sides: 1 | 2
  /** The arm to take when no difference was found. */
  readonly fallback: string
}

/** Sends people down weighted arms. An arm is a function of the salt and the contact: it never changes for a person. */
export interface SplitStep extends StepBase {
  readonly kind: 'split'
  readonly arms: { readonly [name: string]: Arm }
  /** Default: the campaign's id and the step's. Two splits with one salt assign alike. */
  readonly salt?: string
  readonly experiment?: ExperimentSpec
}

/** A change to the contact. */
export interface UpdateStep extends StepBase {
  readonly kind: 'update'
  readonly set?: JsonObject
  readonly addTags?: readonly string[]
  readonly removeTags?: readonly string[]
  readonly consent?: readonly {
    readonly channel: string
    readonly topic?: string
    readonly status: 'pending' | 'granted' | 'revoked'
  }[]
  /** Suppresses the contact's address on these channels. */
  readonly suppress?: readonly string[]
  /** Reports an event about the contact, as `track()` would. */
  readonly emit?: { readonly event: string; readonly data?: JsonObject }
  readonly next: StepId
}

/** Calls an HTTP endpoint under the guarantees of a delivery. Its JSON reply is readable by later steps. */
export interface WebhookStep extends StepBase {
  readonly kind: 'webhook'
  /** May hold tokens in its path and query; each is one percent-encoded piece. */
  readonly url: string
  /** Default `POST`. */
  readonly method?: 'POST' | 'PUT'
  /**
   * Sent as JSON, beside the run's ids and its trigger's data. Its texts may hold tokens, as templates do; a token that has neither value nor
   * fallback fails the step.
   */
  readonly body?: JsonValue
  /** Sent as they are. */
  readonly headers?: { readonly [name: string]: string }
  readonly next: StepId
  readonly failed?: StepId
  readonly onFailure?: 'advance' | 'exit'
}

/** Calls an action that the host registered, under the guarantees of a delivery. */
export interface ActionStep extends StepBase {
  readonly kind: 'action'
  /** The name it was registered under. */
  readonly action: string
  readonly input?: JsonObject
  /** The exits that the action declares; `next` is taken unless its result names another. */
  readonly exits: { readonly next: StepId; readonly [name: string]: StepId }
  readonly failed?: StepId
  readonly onFailure?: 'advance' | 'exit'
}

/** Ends the run. */
export interface ExitStep extends StepBase {
  readonly kind: 'exit'
  /** Default `completed`. `completed` and `goal` end the run as completed, anything else as exited. */
  readonly reason?: string
}

/** A node of the graph. */
export type Step =
  | SendStep
  | SeriesStep
  | WaitStep
  | WaitForStep
  | BranchStep
  | SplitStep
  | UpdateStep
  | WebhookStep
  | ActionStep
  | ExitStep

/** The kinds of step. */
export type StepKind = Step['kind']

/** What takes a run out of its step: something that happens. A condition has no instant; branch on it where it matters. */
export type InterruptTrigger = Exclude<WaitTrigger, { readonly condition: Condition }>

/** Leaves whatever step the run is in when its trigger comes, cancels unstarted sends and goes on at `goto`. */
export interface Interrupt {
  readonly when: InterruptTrigger
  readonly goto: StepId
  /** At most one time per run. Default false. */
  readonly once?: boolean
  /** Only while the run is in one of these steps. Default: all. */
  readonly within?: readonly StepId[]
}
