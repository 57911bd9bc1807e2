import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SequenceInvalidError } from '../errors.js'
import { everything, knowing, templateOf } from './lint/test-sequences.js'
import { lintSequence } from './lint.js'
import { parseSequence } from './sequence-schema.js'

const context = {
  ...knowing(
    templateOf('welcome', { kind: 'email', subject: '{{name}}', html: '' }),
    templateOf('soon', { kind: 'text', body: 'Hi' }),
  ),
  channels: ['email', 'sms'],
  rules: [{ '*': { quietHours: '21:00-08:00' } }],
  caps: [{ max: 1, per: 'P1D', outside: 'skip' as const }],
  actions: ['crm'],
  calendars: ['us'],
  now: Date.parse('2026-06-15T12:00Z'),
}

/** Everywhere in a piece of JSON. */
function pathsIn(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [[]]
  return [[], ...Object.entries(value).flatMap(([key, member]) => pathsIn(member).map((path) => [key, ...path]))]
}

function replaced(value: unknown, [key, ...below]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by
  // Another change has taken it away.
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value))
    return value.map((member, index) => (String(index) === key ? replaced(member, below, by) : member))
  const members = Object.entries(value)
  return Object.fromEntries(
    members.map(([name, member]) => [name, name === key ? replaced(member, below, by) : member]),
  )
}

describe('lintSequence', () => {
  const anything = fc.oneof(
    fc.constantFrom('', 'send', 'exit', 'P1D', '-P99Y', '08:00', '2026-13-01', 'a.b', '__proto__', 'toString', '�'),
    fc.constantFrom(-1, 0, 1, 2, 100, 1e9, 0.5),
    fc.jsonValue({ maxDepth: 2 }),
  )
  const mutations = fc.array(fc.tuple(fc.constantFrom(...pathsIn(everything)), anything), {
    minLength: 1,
    maxLength: 4,
  })

  it('says of whatever can be read what is wrong with it, and never fails', () => {
    let read = 0
    fc.assert(
      fc.property(mutations, (changes) => {
        let input: unknown = everything
        for (const [path, by] of changes) input = replaced(input, path, by)
        let issues: ReturnType<typeof lintSequence> = []
        try {
          issues = lintSequence(parseSequence(input), context)
          read++
        } catch (error) {
          if (!(error instanceof SequenceInvalidError)) throw error
          issues = error.issues
          expect(issues).not.toEqual([])
        }
        for (const { code, message, fix, severity } of issues) {
          expect(code).toMatch(/^[a-z0-9_]+$/)
          expect(message).toMatch(/[.…]$/)
          expect(fix.length).toBeGreaterThan(0)
          expect(['error', 'warning']).toContain(severity)
        }
      }),
      { numRuns: 500 },
    )
    // About thirty on average: how many is chance, that there are some is not.
    expect(read).toBeGreaterThan(5)
  }, 60_000)

  it('leaves the sequence as it was', () => {
    const before = JSON.stringify(everything)
    lintSequence(everything, context)
    expect(JSON.stringify(everything)).toBe(before)
  })
})
