import type { Condition } from '../sequence/condition.js'

/** When an exit rule is looked at: as soon as something changes, before each step, or only before each send. */
export type ExitTiming = 'immediately' | 'beforeStep' | 'beforeSend'

/** Ends runs early. Sends that have not started are canceled, deferred and retrying ones included. */
export interface ExitRule {
  readonly when:
    | { readonly condition: Condition }
    | { readonly leavesAudience: true }
    | { readonly reply: true; readonly keyword?: 'stop' | 'start' | 'help' | 'yes' | 'no' }
    | { readonly unsubscribed: true }
  /** Default `immediately`. */
  readonly timing?: ExitTiming
  /** Default `run`; `contact` ends every run of the contact in this workspace. */
  readonly scope?: 'run' | 'contact'
  /** Default `goal` for conditions, else what happened: `audience_left`, `reply`, `unsubscribed`. */
  readonly reason?: string
}
