import type { Instant, Memory, PathEntry } from '@drumbeat/core'

/** What a run remembers to which nothing has happened. Most of it stays like that to the end. */
const nothing: Omit<Memory, 'base' | 'since'> = {
  afterSeq: 0,
  arms: {},
  assignedAt: {},
  entryEvent: null,
  hangsOn: null,
  holdout: false,
  interrupted: [],
  path: [],
  plans: {},
  replies: {},
  resumed: null,
  trigger: null,
  visits: {},
  why: null,
}

/** A step entered, as it is stored: most are left by `next`, which is not said. */
type StoredEntry = readonly [step: string, at: Instant, via?: string]

const usual = 'next'

/**
 * A run's memory as it is stored: without what is as in the beginning, and without names where there are many alike. The row is written
 * three times per message, so its width is most of what a message costs in write-ahead log.
 */
export function memoryText(memory: Memory): string {
  const stored: Record<string, unknown> = {}
  for (const name in memory) {
    const value = memory[name as keyof Memory]
    if (!isNothing(value)) stored[name] = value
  }
  if (memory.path.length > 0) stored.path = memory.path.map(storedEntry)
  return JSON.stringify(stored)
}

/** Reads it back whole. */
export function memoryOf(text: string): Memory {
  const { path, ...stored } = JSON.parse(text)
  return { ...nothing, ...stored, ...(path === undefined ? {} : { path: path.map(entryOf) }) }
}

const storedEntry = ({ step, at, via }: PathEntry): StoredEntry => (via === usual ? [step, at] : [step, at, via])
const entryOf = ([step, at, via = usual]: StoredEntry): PathEntry => ({ step, at, via })

/** Empty, and nothing else: a base of 0 is an instant, and is read back as what is stored. */
function isNothing(value: unknown): boolean {
  if (value === null || value === false) return true
  if (typeof value !== 'object') return false
  for (const _ in value) return false
  return true
}
