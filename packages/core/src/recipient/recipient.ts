import type { ResumePolicy } from '../campaign/campaign.js'
import type { JsonObject, JsonValue } from '../json.js'
import type { Instant } from '../schedule/instant.js'
import type { Priority, StepId } from '../sequence/step.js'

/** Where a run is in its life. Only `active` is ever left; an operator may release a quarantined one. */
export type RecipientStatus = 'active' | 'completed' | 'exited' | 'quarantined'

/** What an active run waits for. Each has `dueAt` as its deadline, so that nobody can sleep for ever. */
export type Waiting =
  /** The moment of its step. */
  | 'timer'
  /** A case of a `waitFor`; `dueAt` is the limit. */
  | 'event'
  /** The outcome of its open delivery or call; `dueAt` is the retry, or the end of waiting for an unknown outcome. */
  | 'delivery'
  /** An experiment's decision; `dueAt` is the decision moment. */
  | 'hold'

/** One contact's run through one campaign. */
export interface Recipient {
  readonly id: number
  readonly workspaceId: string
  readonly campaignId: string
  readonly contactId: string
  /** Identifies a keyed run, such as an order's id; `''` = not keyed. */
  readonly runKey: string
  /** 1 for the first run of this contact (and key) in this campaign. */
  readonly entryNo: number
  /** The pinned sequence version. */
  readonly version: number
  readonly status: RecipientStatus
  /** Why it ended or was quarantined; null while active. */
  readonly reason: string | null
  /** The nominal instant of entry: the first base. */
  readonly enrolledAt: Instant
  readonly endedAt: Instant | null
  readonly stepId: StepId
  /** Which step visit this is; 0 = enrolled, and its first step not yet entered. Raised by every step entered, never lowered. */
  readonly visit: number
  readonly waiting: Waiting
  /** When it has to be looked at again; null only when it has ended. */
  readonly dueAt: Instant | null
  /** Channel and priority of the send that comes next; a lane whose account is blocked is not claimed. */
  readonly lane: Lane
  /** The open delivery or call; null unless `waiting` is `delivery`. */
  readonly deliveryId: number | null
  /** Out of the due index because its campaign, step, account or workspace is paused. */
  readonly parked: boolean
  readonly memory: Memory
  /** Raised by every claim and every write. A write that names an older one changes nothing. */
  readonly fence: number
  /** Claims since the last progress. After two it is worked on alone; five more quarantine it. */
  readonly claims: number
}

/** A class of due work that is blocked or favoured together. */
export interface Lane {
  /** `''` = the next step sends nothing. */
  readonly channel: string
  readonly priority: Priority
}

/** An event that brought a run somewhere. */
export interface TriggerEvent {
  readonly name: string
  readonly at: Instant
  readonly data: JsonObject
}

/** What a run remembers between steps. JSON; everything else is read from the records. */
export interface Memory {
  /** The instant that the next wait counts from. */
  readonly base: Instant
  /** From when on a `waitFor` counts events: the intent of the send before it, or the moment the run came on. */
  readonly since: Instant
  /** Events up to this ingestion number have been consumed by this run. */
  readonly afterSeq: number
  readonly entryEvent: TriggerEvent | null
  /** The event of the latest interrupt; null = none. */
  readonly trigger: TriggerEvent | null
  readonly visits: { readonly [step: StepId]: number }
  readonly arms: { readonly [split: StepId]: string }
  /** When each arm was assigned: where an experiment's horizon begins. */
  readonly assignedAt: { readonly [split: StepId]: Instant }
  readonly replies: { readonly [step: StepId]: JsonValue }
  /** Indexes of `once` interrupts that were taken. */
  readonly interrupted: readonly number[]
  /** Nothing is sent to a holdout. */
  readonly holdout: boolean
  /** The planned messages of the current `send` (one, keyed `''`) or `series` (by item id). */
  readonly plans: { readonly [item: string]: Plan }
  /** The wait whose anchor the current step hangs on, and the moment it stood for; null = it counts from a base. */
  readonly hangsOn: HangsOn | null
  /** The latest pause that is over for this run; null = there was none. */
  readonly resumed: Resumed | null
  /** What a quarantined run waited for, and goes on with when it is released; null = it is not quarantined. */
  readonly aside: Aside | null
  /** Why `dueAt` is what it is, for `explain`. */
  readonly why: JsonObject | null
  /** The latest steps entered, oldest first; at most 50. */
  readonly path: readonly PathEntry[]
}

/** A wait on an anchor that can move. */
export interface HangsOn {
  readonly wait: StepId
  /** Null = the anchor was not known. */
  readonly at: Instant | null
}

/** A pause that is over. */
export interface Resumed {
  readonly pausedAt: Instant
  readonly at: Instant
  /** What becomes of messages whose moment came before it was over. */
  readonly policy: ResumePolicy
}

/** What a run waited for when it was quarantined. */
export interface Aside extends Pick<Recipient, 'waiting' | 'dueAt' | 'deliveryId'> {
  readonly why: JsonObject | null
}

/** A message that lies ahead, or is under way. */
export interface Plan {
  /** The instant its rule asks for. */
  readonly plannedAt: Instant
  /** That instant after every rule's deferral; lateness counts from here. */
  readonly dueAt: Instant
  readonly state: 'planned' | 'open' | 'done' | 'past'
  /** The delivery, once there is a record of it: deferred or under way. */
  readonly deliveryId: number | null
  /** Attempts begun. */
  readonly attempts: number
}

/** One step entered. */
export interface PathEntry {
  readonly step: StepId
  readonly at: Instant
  /** The exit taken to get here: `next`, `timedOut`, an arm's name, … */
  readonly via: string
}

/** True when the run can still do something. */
export function isLive(recipient: Pick<Recipient, 'status'>): boolean {
  return recipient.status === 'active'
}
