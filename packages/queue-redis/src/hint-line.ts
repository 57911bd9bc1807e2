import type { Hint, Priority } from '@drumbeat/core'

/** What hints of one line are called in BullMQ. Its keys all carry one hash tag, so that a Redis Cluster keeps them together. */
export interface HintLine {
  /** `inbox`, or a channel's own line. */
  readonly name: string
  /** Braces make it the hash tag of every key. */
  readonly prefix: string
}

/** BullMQ's name for every queue; lines differ by prefix. */
export const queueName = 'hints'

/** BullMQ takes jobs without a priority first, then by rising number. */
const jobPriority: { readonly [priority in Priority]: number } = { immediate: 0, normal: 1, bulk: 2 }

/** The line of the hints that say something was reported. */
export function inboxLine(prefix: string): HintLine {
  return { name: 'inbox', prefix: `{${prefix}:inbox}` }
}

/** The line of the `due` hints of a channel. Whatever its name is, it cannot end the hash tag. */
export function dueLine(prefix: string, channel: string): HintLine {
  return { name: `due:${channel}`, prefix: `{${prefix}:due:${encodeURIComponent(channel)}}` }
}

/** The line on which a hint travels. */
export function lineOf(prefix: string, hint: Hint): HintLine {
  return hint.kind === 'inbox' ? inboxLine(prefix) : dueLine(prefix, hint.lane.channel)
}

/**
 * A hint as a BullMQ job: tried once, and gone when it was taken, however that went. Of a workspace at most one `inbox` hint waits: one
 * that is pushed while another is under way becomes a job when that is done, so whatever was reported before it is looked for after it.
 */
export function jobOf(hint: Hint) {
  const gone = { attempts: 1, removeOnComplete: true, removeOnFail: true }
  const opts =
    hint.kind === 'due'
      ? { ...gone, priority: jobPriority[hint.lane.priority] }
      : { ...gone, deduplication: { id: hint.workspaceId, keepLastIfActive: true } }
  return { name: hint.kind, data: hint, opts }
}

/** The hint of a job's data; null = somebody else's job, or one of a build that says it differently. */
export function hintOf(data: unknown): Hint | null {
  if (typeof data !== 'object' || data === null) return null
  const { kind, workspaceId, lane, recipientIds } = data as { readonly [name: string]: unknown }
  if (kind === 'inbox' && typeof workspaceId === 'string') return { kind, workspaceId }
  if (kind !== 'due' || typeof lane !== 'object' || lane === null || !Array.isArray(recipientIds)) return null
  const { channel, priority } = lane as { readonly [name: string]: unknown }
  if (typeof channel !== 'string' || typeof priority !== 'string' || !Object.hasOwn(jobPriority, priority)) return null
  if (!recipientIds.every((id) => Number.isSafeInteger(id))) return null
  return { kind, lane: { channel, priority: priority as Priority }, recipientIds }
}
