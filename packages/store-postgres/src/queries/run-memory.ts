import type { Memory } from '@drumbeat/core'

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

/**
 * A run's memory as it is stored: without what is as in the beginning. The row is written three times per message, so its width is
 * most of what a message costs in write-ahead log.
 */
export function memoryText(memory: Memory): string {
  const stored: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(memory)) if (!isNothing(value)) stored[name] = value
  return JSON.stringify(stored)
}

/** Reads it back whole. */
export function memoryOf(text: string): Memory {
  return { ...nothing, ...JSON.parse(text) }
}

/** Empty, and nothing else: a base of 0 is an instant, and is read back as what is stored. */
function isNothing(value: unknown): boolean {
  if (value === null || value === false) return true
  if (typeof value !== 'object') return false
  for (const _ in value) return false
  return true
}
