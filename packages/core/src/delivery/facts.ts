import type { Instant } from '../schedule/instant.js'

/** What a provider may report about a delivery. */
export type FactKind =
  | 'accepted'
  | 'sent'
  | 'deferred'
  | 'delivered'
  | 'opened'
  | 'clicked'
  | 'machine_opened'
  | 'machine_clicked'
  | 'soft_bounced'
  | 'hard_bounced'
  | 'complained'
  | 'unsubscribed'
  | 'failed'

/** One normalised report. */
export interface Fact {
  readonly kind: FactKind
  /** The provider's own time for it. */
  readonly at: Instant
}

/** Each fact at its earliest time. Only grows. */
export type FactSet = { readonly [Kind in FactKind]?: Instant }

/**
 * Adds reports to what is known, each kept at its earliest time. Commutative, associative and idempotent: reports may come
 * in any order and any number of copies, and the result is the same.
 */
export function mergeFacts(known: FactSet, reports: readonly Fact[]): FactSet {
  const merged: { [Kind in FactKind]?: Instant } = { ...known }
  for (const { kind, at } of reports) merged[kind] = Math.min(merged[kind] ?? at, at)
  return merged
}

/** The strongest first: a complaint after a click still shows as a complaint. */
const byStrength: readonly FactKind[] = [
  'complained',
  'hard_bounced',
  'failed',
  'clicked',
  'opened',
  'delivered',
  'soft_bounced',
  'deferred',
  'sent',
  'accepted',
]

/** The one fact that describes the delivery best: a function of the set, never of the order of arrival; null = none yet. */
export function shownFact(facts: FactSet): FactKind | null {
  return byStrength.find((kind) => facts[kind] !== undefined) ?? null
}

/** A provider's time made plausible: not before the attempt began, not after now. */
export function clampReport(at: Instant, range: { readonly from: Instant; readonly now: Instant }): Instant {
  return Math.min(Math.max(at, range.from), range.now)
}
