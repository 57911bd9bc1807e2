import type { Consent } from './consent.js'
import type { Permissions } from './contact.js'
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

/** What is known after these changes are written; what they lift stays known until it is read again. */
export function withChanges(known: Permissions, changes: readonly PermissionChange[]): Permissions {
  if (changes.length === 0) return known
  return {
    consents: [...known.consents, ...changes.flatMap((change) => (change.kind === 'consent' ? [change.consent] : []))],
    suppressions: [
      ...known.suppressions,
      ...changes.flatMap((change) => (change.kind === 'suppress' ? [change.suppression] : [])),
    ],
  }
}
