import type { Servers } from './servers.js'

/** How much is measured at once. */
export interface Sizes {
  /** Jobs of one drain, by who works them off. */
  readonly jobs: number
  readonly embeddedJobs: number
  readonly handRolledJobs: number
  readonly emptyJobs: number
  /** Contacts of one activation, and for the hand-rolled loop. */
  readonly contacts: number
  readonly handRolledContacts: number
  readonly reports: number
  readonly oneByOneReports: number
  /** Webhooks that come in one by one over HTTP. */
  readonly webhooks: number
}

/** What measurements are made with. */
export interface Bench {
  readonly servers: Servers
  readonly sizes: Sizes
}

/** What one number is to another, within one round. Of several, the best counts. */
export interface Ratio {
  readonly name: string
  readonly of: readonly string[]
  readonly to: readonly string[]
  /** What it is to be at least. */
  readonly goal: number
}

/** Something that is measured again and again, beside what it is compared with. */
export interface Figure {
  readonly name: string
  readonly unit: string
  /** False = the smaller the better. */
  readonly higherIsBetter: boolean
  /** What is measured, by the label it is printed under. */
  readonly measured: { readonly [label: string]: (bench: Bench) => Promise<number> }
  readonly ratios: readonly Ratio[]
  /** Takes minutes, so `--quick` leaves it out. */
  readonly long?: boolean
}
