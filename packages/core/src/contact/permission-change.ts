import type { Consent } from './consent.js'
import type { Suppression } from './suppression.js'

/** A change to whether an address may be written to. */
export type PermissionChange =
  | { readonly kind: 'consent'; readonly contactId: string; readonly consent: Consent }
  | { readonly kind: 'suppress'; readonly suppression: Suppression }
  /** Lifts the suppressions of that address for these reasons. */
  | {
      readonly kind: 'lift'
      readonly channel: string
      readonly address: string
      readonly reasons: readonly Suppression['reason'][]
    }
