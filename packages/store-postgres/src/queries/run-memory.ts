import type { Instant, Memory, PathEntry, Plan } from '@drumbeat/core'

/** Milliseconds after the memory's base. */
type Offset = number
/** A step entered, as it is stored: most are left by `next`, which is not said. */
type StoredEntry = readonly [step: string, at: Offset, via?: string]
/** A plan, as it is stored: most are kept to, and nothing has come of them yet. */
type StoredPlan = readonly [
  plannedAt: Offset,
  late?: number,
  state?: Plan['state'],
  deliveryId?: number | null,
  attempts?: number,
]

interface Stored extends Partial<Omit<Memory, 'since' | 'plans' | 'path'>> {
  readonly since?: Offset
  readonly plans?: { readonly [item: string]: StoredPlan }
  readonly path?: readonly StoredEntry[]
}

const usual = 'next'

/**
 * A run's memory as it is stored: without what is as in the beginning or can be told from the rest, without names where there are many
 * alike, and with short numbers for instants. The row is written three times per message, so its width is most of what a message costs
 * in write-ahead log.
 */
export function memoryText(memory: Memory): string {
  const { base } = memory
  return JSON.stringify({
    base,
    since: memory.since - base || undefined,
    afterSeq: memory.afterSeq || undefined,
    entryEvent: memory.entryEvent ?? undefined,
    trigger: memory.trigger ?? undefined,
    visits: isEachOnce(memory) ? undefined : memory.visits,
    arms: unlessEmpty(memory.arms),
    assignedAt: unlessEmpty(memory.assignedAt),
    replies: unlessEmpty(memory.replies),
    interrupted: unlessEmpty(memory.interrupted),
    holdout: memory.holdout || undefined,
    plans: storedPlans(memory),
    hangsOn: memory.hangsOn ?? undefined,
    resumed: memory.resumed ?? undefined,
    aside: memory.aside ?? undefined,
    why: memory.why === null ? undefined : unlessEmpty(memory.why),
    path: unlessEmpty(memory.path)?.map((entry) => storedEntry(entry, base)),
  } satisfies Record<keyof Memory, unknown>)
}

/** Reads it back whole. Named one by one, so that all memories have one shape. */
export function memoryOf(text: string): Memory {
  const stored: Stored = JSON.parse(text)
  const base = stored.base ?? 0
  const path = stored.path?.map((entry) => entryOf(entry, base)) ?? []
  return {
    base,
    since: base + (stored.since ?? 0),
    afterSeq: stored.afterSeq ?? 0,
    entryEvent: stored.entryEvent ?? null,
    trigger: stored.trigger ?? null,
    visits: stored.visits ?? Object.fromEntries(path.map(({ step }) => [step, 1])),
    arms: stored.arms ?? {},
    assignedAt: stored.assignedAt ?? {},
    replies: stored.replies ?? {},
    interrupted: stored.interrupted ?? [],
    holdout: stored.holdout ?? false,
    plans: Object.fromEntries(Object.entries(stored.plans ?? {}).map(([item, plan]) => [item, planOf(plan, base)])),
    hangsOn: stored.hangsOn ?? null,
    resumed: stored.resumed ?? null,
    aside: stored.aside ?? null,
    why: stored.why ?? null,
    path,
  }
}

function storedEntry({ step, at, via }: PathEntry, base: Instant): StoredEntry {
  return via === usual ? [step, at - base] : [step, at - base, via]
}

function entryOf([step, offset, via = usual]: StoredEntry, base: Instant): PathEntry {
  return { step, at: base + offset, via }
}

function storedPlans({ plans, base }: Memory): Stored['plans'] {
  const all = Object.entries(plans)
  return all.length === 0 ? undefined : Object.fromEntries(all.map(([item, plan]) => [item, storedPlan(plan, base)]))
}

function storedPlan({ plannedAt, dueAt, state, deliveryId, attempts }: Plan, base: Instant): StoredPlan {
  const [at, late] = [plannedAt - base, dueAt - plannedAt]
  if (attempts !== 0 || deliveryId !== null) return [at, late, state, deliveryId, attempts]
  if (state !== 'planned') return [at, late, state]
  return late === 0 ? [at] : [at, late]
}

function planOf(stored: StoredPlan, base: Instant): Plan {
  const [at, late = 0, state = 'planned', deliveryId = null, attempts = 0] = stored
  return { plannedAt: base + at, dueAt: base + at + late, state, deliveryId, attempts }
}

/** True when every step that was entered is in the path, and was entered once. */
function isEachOnce({ visits, path }: Memory): boolean {
  const isOnce = ({ step }: PathEntry, index: number): boolean =>
    visits[step] === 1 && path.findIndex((entry) => entry.step === step) === index
  return Object.keys(visits).length === path.length && path.every(isOnce)
}

function unlessEmpty<Value extends object>(value: Value): Value | undefined {
  for (const _ in value) return value
  return undefined
}
