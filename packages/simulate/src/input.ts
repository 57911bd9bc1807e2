import {
  ConfigurationError,
  type ContactInput,
  type Instant,
  type InstantInput,
  maxInstant,
  toInstant,
} from '@drumbeat/core'
import type { Answers } from './answers.js'
import { type Behavior, checkBehavior } from './behavior.js'
import type { ScriptedHappening } from './script.js'

/** What is to be simulated. */
export interface SimulationInput {
  /** Who takes part. */
  readonly contacts: readonly ContactInput[]
  /** When it begins: the campaign is activated at this instant. */
  readonly from: InstantInput
  /** How many days of 24 hours it runs: a whole number, 1–3,650. */
  readonly days: number
  /** What happens by itself. */
  readonly script?: readonly ScriptedHappening[]
  /** What people do about messages. Default: nothing. */
  readonly behavior?: Behavior
  /** What webhook and action steps are told, by step. Default: that it is done, with no reply. Nothing is ever called. */
  readonly answers?: Answers
  /** Decides everything that is left to chance: a whole number, 0–4,294,967,295. Default 1. */
  readonly seed?: number
}

/** An input that has been checked, but for what only the campaign can tell. */
export interface ReadInput {
  readonly contacts: readonly ContactInput[]
  readonly from: Instant
  readonly until: Instant
  readonly script: readonly ScriptedHappening[]
  readonly behavior: Behavior
  readonly answers: Answers
  readonly seed: number
}

const dayMs = 24 * 60 * 60 * 1000

/** @throws {ConfigurationError} naming the part that is wrong, and its legal range. */
export function readInput(input: SimulationInput): ReadInput {
  const { contacts, days, script = [], behavior = {}, answers = {}, seed = 1 } = input
  if (!Array.isArray(contacts)) throw new ConfigurationError('contacts is not a list of contacts.')
  const from = toInstant(input.from, 'from')
  wholeNumber(days, 'days', 1, 3650)
  wholeNumber(seed, 'seed', 0, 2 ** 32 - 1)
  const until = from + days * dayMs
  if (until > maxInstant) throw new ConfigurationError(`${days} days from \`from\` on lie beyond the year 9999.`)
  checkBehavior(behavior)
  return { contacts, from, until, script, behavior, answers, seed }
}

function wholeNumber(value: number, what: string, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  const shown = typeof value === 'number' ? String(value) : JSON.stringify(value)
  throw new ConfigurationError(`${what} is ${shown}; give a whole number from ${least} to ${most}.`)
}
