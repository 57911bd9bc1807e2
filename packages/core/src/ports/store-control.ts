import type { WorkspaceSettings } from '../campaign/workspace.js'
import type { JsonObject } from '../json.js'
import type { Instant } from '../schedule/instant.js'

/** What a gate closes. `account` is a channel's provider account within the workspace. */
export type GateKind = 'workspace' | 'campaign' | 'step' | 'account'

/** A scope that may be closed to new provider calls. */
export interface GateScope {
  readonly workspaceId: string
  readonly kind: GateKind
  /** `''` for a workspace, the campaign's id, `campaign/step`, or the account's name. */
  readonly ref: string
}

/** A scope that is closed or opened at an instant. */
export interface GateChange {
  readonly scope: GateScope
  readonly closed: boolean
  readonly now: Instant
}

/** A closed scope. Open scopes have no row. */
export interface ClosedGate extends GateScope {
  /** Rises with every closing of any scope; kept while the scope stays closed. */
  readonly epoch: number
  readonly closedAt: Instant
}

/** Proof that this engine is alive, as the Store sees it. */
export interface Heartbeat {
  /** Raised each time an engine of this id starts over. Claims name it. */
  readonly epoch: number
  /** Until then its claims are safe. */
  readonly leaseExpiresAt: Instant
  /** The Store's own clock when it answered: the production clock is calibrated against it. */
  readonly storeNow: Instant
}

/** Whether a test send may begin. `started`: until `permitUntil`, on the Store's clock. */
export type TestSendPermit =
  | { readonly result: 'started'; readonly id: number; readonly permitUntil: Instant }
  | { readonly result: 'closed' }
  | { readonly result: 'over_budget'; readonly retryAt: Instant }

/** Leases, gates, workspaces and the audit log. */
export interface ControlStore {
  /**
   * Starts or renews the engine's lease. `epoch: null` starts over with a new epoch; a renewal of an epoch that has expired
   * (`leaseExpiresAt <= now`), was retired, was replaced or is forgotten returns null, and the engine must start over. No epoch of an id comes
   * twice, also where `tidy` has forgotten the engine in between: claims that name an old one are nobody's.
   */
  heartbeat(request: {
    readonly engineId: string
    readonly epoch: number | null
    readonly leaseMs: number
    readonly now: Instant
  }): Promise<Heartbeat | null>
  /** Ends the engine's lease at once, as if it had ended long ago: what it had claimed may be claimed by others, without waiting for the skew. */
  retire(request: { readonly engineId: string; readonly epoch: number }): Promise<void>
  /**
   * Closes or opens a scope, alone under the gate's exclusive lock, and commits. Once it resolves after closing, no intent can
   * be written in that scope by any process. Closing what is closed keeps its instant.
   */
  setGate(change: GateChange): Promise<ClosedGate | null>
  /** Every closed scope of these workspaces; null = of all. */
  closedGates(request: { readonly workspaceIds: readonly string[] | null }): Promise<readonly ClosedGate[]>
  /**
   * Attempts and test sends in the scope that have begun and not finished, and those of them whose start permit has not run out at `now`.
   * A test send is in the scope of its workspace and of its account.
   */
  openAttempts(request: {
    readonly scope: GateScope
    readonly now: Instant
  }): Promise<{ readonly inFlight: number; readonly permitted: number }>
  /**
   * Under the gate's shared lock: writes a test send down as begun, unless its workspace or account is closed, or `budget` (1 or more) of
   * them have begun in the workspace within the last `windowMs`. Of several at once no more than the budget begin. It counts as finished
   * `longestMs` from now, whatever became of its caller.
   */
  permitTestSend(request: {
    readonly workspaceId: string
    readonly account: string
    readonly now: Instant
    readonly permitMs: number
    /** `permitMs` or more. */
    readonly longestMs: number
    readonly budget: number
    readonly windowMs: number
  }): Promise<TestSendPermit>
  /** Marks a test send as finished. One that is finished, or of another workspace, stays as it is. It counts in the budget all the same. */
  finishTestSend(request: { readonly workspaceId: string; readonly id: number; readonly now: Instant }): Promise<void>
  /** A secret that the Store made with itself: at least 32 characters, the same for everybody who opens it, and for ever. */
  secret(): Promise<string>
  /** The workspace's settings; null = it has set nothing. */
  workspace(request: { readonly workspaceId: string }): Promise<WorkspaceSettings | null>
  saveWorkspace(request: { readonly workspaceId: string; readonly settings: WorkspaceSettings }): Promise<void>
  /**
   * When there is something for an engine to do next; an instant that has passed = now. Null = nothing lies ahead. One cheap look at the
   * inbox, campaigns that are to be started or taken on, runs that nobody has claimed, and outcomes that are to be found out.
   */
  nextWorkAt(): Promise<Instant | null>
  /**
   * Housekeeping: sums counters up, and forgets the keys of reports that came more than `keepKeysMs` ago and reports whose delivery never
   * came, and test sends that began as long ago and are over: no budget's window may be longer than that. Engines whose lease ended more than
   * a day ago are forgotten, too. What can be read stays the same.
   * Bounded; returns how many rows were worked off, so that a caller may go on while there are many.
   */
  tidy(request: { readonly now: Instant; readonly keepKeysMs: number }): Promise<number>
  /** Appends to the audit log: who did what to which thing, and when. */
  audit(entries: readonly AuditEntry[]): Promise<void>
  /** The audit log, newest first. */
  auditLog(request: { readonly workspaceId: string; readonly limit: number }): Promise<readonly AuditEntry[]>
}

/** One line of the audit log. */
export interface AuditEntry {
  readonly workspaceId: string
  readonly at: Instant
  /** Null = Drumbeat itself. */
  readonly actor: string | null
  /** `campaign.paused`, `contact.erased`, … */
  readonly action: string
  readonly subject: string
  readonly detail: JsonObject
}
