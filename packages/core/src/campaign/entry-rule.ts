import type { EventCondition } from '../sequence/condition.js'

/** Whether a contact may enter again: not at all, once the run before has ended, or whenever the trigger comes. */
export type ReentryRule = 'never' | 'afterExit' | 'always'

/** How contacts come into a campaign. The campaign's audience filters every way. */
export type EntryTrigger =
  /** Everybody in the audience when the campaign is activated. */
  | { readonly kind: 'audience' }
  /** Everybody in the audience then, and whoever begins to match it later. */
  | { readonly kind: 'matching' }
  /** Whoever the event is about. `key` names the field of its data that identifies the run (an order, an appointment). */
  | { readonly kind: 'event'; readonly event: EventCondition; readonly key?: string }
  /** Only by `enroll()`. */
  | { readonly kind: 'api' }
  /**
   * Everybody in the audience at that instant, and again every `every` (ISO-8601, calendar units in the campaign's zone). Repetitions
   * that passed while no engine ran are left out.
   */
  | { readonly kind: 'schedule'; readonly at: string; readonly every?: string }
  /** Each contact at a date of theirs plus an offset, at a time of day in their zone: a birthday, a renewal. Follows the date as it moves. */
  | {
      readonly kind: 'attributeDate'
      readonly attribute: string
      readonly offset?: string
      readonly time: string
      /** Ignores the year: every year again. */
      readonly yearly?: boolean
    }

/** How contacts come into a campaign, and whether they may come again. */
export interface EntryRule {
  readonly trigger: EntryTrigger
  readonly again: ReentryRule
}
