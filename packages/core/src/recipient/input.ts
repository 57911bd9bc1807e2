import type { ResumePolicy } from '../campaign/campaign.js'
import type { ContactEvent } from '../contact/contact.js'
import type { JsonValue } from '../json.js'
import type { Instant } from '../schedule/instant.js'

/** What can happen to a run. Inputs of one instant are taken in the order exits, events, attribute changes, timers. */
export type Input =
  /** Its `dueAt` has come. */
  | { readonly kind: 'due' }
  /** Something happened to its contact. */
  | { readonly kind: 'event'; readonly event: ContactEvent }
  /** Its contact changed, or a provider reported on one of its deliveries. */
  | { readonly kind: 'changed' }
  /** News of its open delivery or call. */
  | { readonly kind: 'outcome'; readonly outcome: Outcome }
  /** It is to end now. */
  | { readonly kind: 'withdraw'; readonly reason: string }
  /** Its campaign goes on after a pause. */
  | { readonly kind: 'resume'; readonly policy: ResumePolicy; readonly pausedAt: Instant }

/** News of an open delivery or call. */
export type Outcome =
  | {
      readonly state: 'sent'
      readonly sentAt: Instant
      readonly intendedAt: Instant
      readonly reply: JsonValue
      /** The exit that an action chose; null = `next`. */
      readonly exit: string | null
    }
  | { readonly state: 'failed' | 'unresolved'; readonly reason: string }
  /** Dropped by the last look before the call. */
  | { readonly state: 'skipped'; readonly reason: string }
  /** Put off before the call: by a rule, which moves its due instant, or because its account is blocked, which does not. */
  | { readonly state: 'scheduled'; readonly reason: string; readonly until: Instant; readonly byRule: boolean }
  /** Proven not accepted: tried again at `until`. `attemptCounts` false = no call was made, or the account could take none. */
  | { readonly state: 'retry_wait'; readonly reason: string; readonly until: Instant; readonly attemptCounts?: false }
  /** Not known: waited for until `until`. */
  | { readonly state: 'unknown'; readonly reason: string; readonly until: Instant }
