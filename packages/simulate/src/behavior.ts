import { ConfigurationError, type SandboxMessage } from '@drumbeat/core'
import type { Random } from './random.js'

/** How simulated people behave, as probabilities from 0 to 1. Everything defaults to 0: nobody reacts. */
export interface Behavior {
  /** Opens a mail. */
  readonly opens?: number
  /** Clicks in a mail that was opened. */
  readonly clicks?: number
  /** Answers a text message with `replyText`. */
  readonly replies?: number
  /** Default `Yes please`. */
  readonly replyText?: string
  /** Answers a text message with STOP. */
  readonly stops?: number
  /** The address does not exist: a hard bounce. */
  readonly bounces?: number
  /** The longest that a reaction takes, in minutes: 1–525,600. Default 8 h. */
  readonly withinMinutes?: number
  /** Reactions come so many minutes apart at the finest: 1–525,600. Default 1. */
  readonly roundToMinutes?: number
}

/** What a person does about a message, and how many milliseconds later. */
export interface Reaction {
  readonly kind: 'opened' | 'clicked' | 'hard_bounced' | 'delivered' | 'reply'
  readonly afterMs: number
  /** What a reply says. */
  readonly text?: string
}

/** Draws a person's reactions to a message, earliest first. */
export function reactionsTo(
  message: Pick<SandboxMessage, 'channel' | 'content'>,
  behavior: Behavior,
  random: Random,
): readonly Reaction[] {
  const {
    opens = 0,
    clicks = 0,
    replies = 0,
    replyText = 'Yes please',
    stops = 0,
    bounces = 0,
    withinMinutes = 480,
    roundToMinutes = 1,
  } = behavior
  const later = (): number => Math.ceil((random() * withinMinutes) / roundToMinutes) * roundToMinutes * 60_000
  if (random() < bounces) return [{ kind: 'hard_bounced', afterMs: 60_000 }]
  const delivered: Reaction = { kind: 'delivered', afterMs: 1_000 }
  if (message.content.kind === 'email') {
    if (random() >= opens) return [delivered]
    const openedMs = later()
    const opened: Reaction = { kind: 'opened', afterMs: openedMs }
    return random() < clicks
      ? [delivered, opened, { kind: 'clicked', afterMs: openedMs + 30_000 }]
      : [delivered, opened]
  }
  if (random() < stops) return [delivered, { kind: 'reply', afterMs: later(), text: 'STOP' }]
  return random() < replies ? [delivered, { kind: 'reply', afterMs: later(), text: replyText }] : [delivered]
}

const ranges: { readonly [name in keyof Behavior]-?: readonly [least: number, most: number] | null } = {
  opens: [0, 1],
  clicks: [0, 1],
  replies: [0, 1],
  replyText: null,
  stops: [0, 1],
  bounces: [0, 1],
  withinMinutes: [1, 525_600],
  roundToMinutes: [1, 525_600],
}

/** @throws {ConfigurationError} naming the part that is wrong, and its legal range. */
export function checkBehavior(behavior: Behavior): void {
  for (const [name, value] of Object.entries(behavior)) {
    if (!Object.hasOwn(ranges, name)) {
      throw new ConfigurationError(`behavior has no "${name}"; it may say ${Object.keys(ranges).join(', ')}.`)
    }
    const range = ranges[name as keyof Behavior]
    if (value === undefined) continue
    if (range === null) {
      if (typeof value !== 'string' || value === '') {
        throw new ConfigurationError(`behavior.${name} is ${JSON.stringify(value)}; give text that is not empty.`)
      }
    } else if (typeof value !== 'number' || !(value >= range[0] && value <= range[1])) {
      const shown = typeof value === 'number' ? String(value) : JSON.stringify(value)
      throw new ConfigurationError(`behavior.${name} is ${shown}; give a number from ${range[0]} to ${range[1]}.`)
    }
  }
}
