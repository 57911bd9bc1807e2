import type { Instant, Memory, PathEntry } from '@drumbeat/core'

/** A step entered, as it is stored: most are left by `next`, which is not said. */
type StoredEntry = readonly [step: string, at: Instant, via?: string]

const usual = 'next'

/**
 * A run's memory as it is stored: without what is as in the beginning or can be told from the rest, and without names where there are
 * many alike. The row is written three times per message, so its width is most of what a message costs in write-ahead log.
 */
export function memoryText(memory: Memory): string {
  return JSON.stringify({
    base: memory.base,
    since: memory.since === memory.base ? undefined : memory.since,
    afterSeq: memory.afterSeq || undefined,
    entryEvent: memory.entryEvent ?? undefined,
    trigger: memory.trigger ?? undefined,
    visits: isEachOnce(memory) ? undefined : memory.visits,
    arms: unlessEmpty(memory.arms),
    assignedAt: unlessEmpty(memory.assignedAt),
    replies: unlessEmpty(memory.replies),
    interrupted: unlessEmpty(memory.interrupted),
    holdout: memory.holdout || undefined,
    plans: unlessEmpty(memory.plans),
    hangsOn: memory.hangsOn ?? undefined,
    resumed: memory.resumed ?? undefined,
    aside: memory.aside ?? undefined,
    why: memory.why === null ? undefined : unlessEmpty(memory.why),
    path: unlessEmpty(memory.path)?.map(storedEntry),
  } satisfies Record<keyof Memory, unknown>)
}

/** Reads it back whole. Named one by one, so that all memories have one shape. */
export function memoryOf(text: string): Memory {
  const stored: Partial<Omit<Memory, 'path'>> & { readonly path?: readonly StoredEntry[] } = JSON.parse(text)
  const path = stored.path?.map(entryOf) ?? []
  const base = stored.base ?? 0
  return {
    base,
    since: stored.since ?? base,
    afterSeq: stored.afterSeq ?? 0,
    entryEvent: stored.entryEvent ?? null,
    trigger: stored.trigger ?? null,
    visits: stored.visits ?? Object.fromEntries(path.map(({ step }) => [step, 1])),
    arms: stored.arms ?? {},
    assignedAt: stored.assignedAt ?? {},
    replies: stored.replies ?? {},
    interrupted: stored.interrupted ?? [],
    holdout: stored.holdout ?? false,
    plans: stored.plans ?? {},
    hangsOn: stored.hangsOn ?? null,
    resumed: stored.resumed ?? null,
    aside: stored.aside ?? null,
    why: stored.why ?? null,
    path,
  }
}

const storedEntry = ({ step, at, via }: PathEntry): StoredEntry => (via === usual ? [step, at] : [step, at, via])
const entryOf = ([step, at, via = usual]: StoredEntry): PathEntry => ({ step, at, via })

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
