import type * as z from 'zod'
import { type Issue, SequenceInvalidError } from '../../errors.js'
import type { JsonPath } from '../condition-nodes.js'
import { didYouMean } from '../nearest.js'

/** The most issues in one error: somebody who makes a thousand mistakes reads the first ones. */
export const mostIssues = 100

type ZodIssue = z.core.$ZodIssue

/**
 * What a schema makes of an input.
 * @throws {SequenceInvalidError} naming every culprit, its path and its fix; `what` names the whole: `The sequence`.
 */
export function parseWith<Output>(schema: z.ZodType<Output>, input: unknown, what: string): Output {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const translate = new Translation(input, what)
  const issues = result.error.issues.slice(0, mostIssues).flatMap((issue) => translate.issuesOf(issue))
  throw invalid(what, issues.slice(0, mostIssues))
}

/** One error for several issues: its message counts them and tells the first with its fix. */
export function invalid(what: string, issues: readonly Issue[]): SequenceInvalidError {
  const [first] = issues
  const count =
    issues.length === 1 ? 'a problem' : `${issues.length < mostIssues ? '' : 'at least '}${issues.length} problems`
  const message = first === undefined ? `${what} is not valid.` : `${what} has ${count}. ${first.message} ${first.fix}`
  return new SequenceInvalidError(message, issues)
}

/** Puts what zod objects to into words that name the step, say what is wrong and what would be right. */
class Translation {
  constructor(
    private readonly input: unknown,
    private readonly what: string,
  ) {}

  issuesOf(issue: ZodIssue): readonly Issue[] {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)))
    const place = placeOf(path, this.what)
    const one = (code: string, problem: string, fix: string): readonly Issue[] => [
      { code, path, severity: 'error', message: `${place} ${problem}.`, fix },
    ]
    const value = valueAtPath(this.input, path)
    switch (issue.code) {
      case 'unrecognized_keys':
        return unknownKeys(issue, path, place)
      case 'invalid_type':
        if (value === undefined)
          return one('missing', 'is missing', `Add it; it is ${typeNames[issue.expected] ?? issue.expected}.`)
        return one('wrong_type', `is ${typeOf(value)}`, `It must be ${typeNames[issue.expected] ?? issue.expected}.`)
      case 'invalid_value':
        return wrongValue(one, value, issue.values.map(String))
      case 'too_small':
        return one(
          'out_of_range',
          'is too small or too short',
          `Give at least ${issue.minimum}${unitOf(issue.origin)}.`,
        )
      case 'too_big':
        return one('out_of_range', 'is too large or too long', `Give at most ${issue.maximum}${unitOf(issue.origin)}.`)
      case 'invalid_key':
        return issue.issues.flatMap((inner) => this.issuesOf({ ...inner, path: [...issue.path] }))
      case 'invalid_union':
        if ('discriminator' in issue) return wrongValue(one, value, issue.message.split('\n'))
        return objection(one, value, issue.message)
      default:
        return objection(one, value, issue.message)
    }
  }
}

type One = (code: string, problem: string, fix: string) => readonly Issue[]

/** What our own schemas object to: their message says what would be right. */
function objection(one: One, value: unknown, legal: string): readonly Issue[] {
  return value === undefined
    ? one('missing', 'is missing', `Add it. ${legal}`)
    : one('wrong_value', 'is not valid', legal)
}

function wrongValue(one: One, value: unknown, legal: readonly string[]): readonly Issue[] {
  if (value === undefined) return one('missing', 'is missing', `Add it; it may be ${legal.join(', ')}.`)
  const meant = typeof value === 'string' ? didYouMean(value, legal) : ''
  return one('wrong_value', `is ${shown(value)}`, `It may be ${legal.join(', ')}.${meant}`)
}

/** The message of such an issue lists the keys that exist: see `exact`. */
function unknownKeys(
  { keys, message }: z.core.$ZodIssueUnrecognizedKeys,
  path: JsonPath,
  place: string,
): readonly Issue[] {
  const known = message.split('\n')
  return keys.slice(0, mostIssues).map((key, index) => ({
    code: 'unknown_key',
    path: [...path, key],
    severity: 'error',
    message: `${place} has an unknown key ${shown(key)}.`,
    fix: `Use only the keys ${known.join(', ')}.${index < 10 ? didYouMean(key, known) : ''}`,
  }))
}

/** `Step "welcome": "cases.0.next"` for a path into a step, else `The sequence: "start"`. */
function placeOf(path: JsonPath, what: string): string {
  const inStep = path[0] === 'steps' && path.length > 1
  const whole = inStep ? `Step ${shown(path[1])}` : what
  const rest = path.slice(inStep ? 2 : 0)
  return rest.length === 0 ? whole : `${whole}: ${shown(rest.join('.'))}`
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  record: 'an object',
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : (typeNames[typeof value] ?? typeof value)
}

function unitOf(origin: string): string {
  return origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : ''
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined'
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

function valueAtPath(root: unknown, path: JsonPath): unknown {
  let value = root
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string | number, unknown>)[part]
  }
  return value
}
