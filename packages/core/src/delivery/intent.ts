import { type Category, type Consent, type ConsentPolicy, consentProblem } from '../contact/consent.js'
import { capVerdict, type FrequencyCap, minimumGapUntil, type SentRecord } from '../contact/frequency-cap.js'
import { type Suppression, suppressionProblem } from '../contact/suppression.js'
import { elapsedMs } from '../schedule/duration.js'
import type { Instant } from '../schedule/instant.js'

/** What must still hold at the very moment an intent is written, under the contact's lock. */
export interface IntentGuard {
  readonly channel: string
  readonly account: string
  readonly topic: string | null
  readonly category: Category
  readonly address: string
  readonly policy: ConsentPolicy
  /** The caps that this message obeys. */
  readonly caps: readonly FrequencyCap[]
  /** Least time since the contact's last message, because this one is late; null = it is not, or is exempt. */
  readonly lateGapMs: number | null
  /** Where calendar days of caps begin. */
  readonly zone: string
}

/** What the Store read under the contact's lock. */
export interface IntentFacts {
  readonly consents: readonly Consent[]
  readonly suppressions: readonly Suppression[]
  /** Messages to this contact whose intent was written before, newest last, as far back as the caps look. */
  readonly history: readonly SentRecord[]
}

/** Whether the message may start now; if not, whether it is dropped or comes back later. */
export type IntentVerdict =
  | { readonly verdict: 'start' }
  | { readonly verdict: 'skip'; readonly reason: string }
  | { readonly verdict: 'defer'; readonly reason: string; readonly until: Instant }

/**
 * The last look before a message may start: consent, suppression, frequency caps, and the gap between late messages. Stores
 * call it inside the intent transaction with what they read under the contact's lock, so that two engines cannot both say yes.
 */
export function judgeIntent(guard: IntentGuard, facts: IntentFacts, now: Instant): IntentVerdict {
  const closed = consentProblem(guard.policy, facts.consents, guard)
  if (closed !== null) return { verdict: 'skip', reason: closed }
  const suppressed = suppressionProblem(facts.suppressions, guard)
  if (suppressed !== null) return { verdict: 'skip', reason: `suppressed_${suppressed.reason}` }
  const capped = capVerdict(guard.caps, facts.history, { ...guard, at: now })
  if (!capped.allowed) {
    if (capped.outcome === 'skip' || capped.until === null) return { verdict: 'skip', reason: 'frequency_cap' }
    return { verdict: 'defer', reason: 'frequency_cap', until: capped.until }
  }
  const gapEnd = guard.lateGapMs === null ? null : minimumGapUntil(facts.history, guard.lateGapMs, now)
  if (gapEnd !== null) return { verdict: 'defer', reason: 'late_gap', until: gapEnd }
  return { verdict: 'start' }
}

/** How far back the history must reach to judge a guard, in milliseconds; 0 = no history is needed. */
export function historyNeededMs(guard: Pick<IntentGuard, 'caps' | 'lateGapMs'>): number {
  const day = 24 * 60 * 60 * 1000
  const spans = guard.caps.map((cap) => capSpanMs(cap))
  return Math.max(0, guard.lateGapMs ?? 0, ...spans.map((span) => span + day))
}

function capSpanMs(cap: FrequencyCap): number {
  const day = 24 * 60 * 60 * 1000
  if (typeof cap.per === 'string') return elapsedMs(cap.per, { calendarDaysAs24Hours: true })
  return cap.per.calendar === 'week' ? 7 * day : day
}
