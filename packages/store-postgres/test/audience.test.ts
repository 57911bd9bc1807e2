import {
  type Comparison,
  type Condition,
  type ConditionFacts,
  type Consent,
  type ContactEvent,
  type DataFilter,
  evaluate,
  type JsonObject,
  type JsonValue,
  maxInstant,
  messageReceived,
  minInstant,
  type Store,
} from '@drumbeat/core'
import { minute, testStart } from '@drumbeat/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileAudience } from '../src/audience/compile-audience.js'
import { type OpenedStore, openPglite, openPostgres } from './databases.js'

// The evaluator of core says who is in an audience. Whatever the condition and the contacts, SQL has to say the same.

const workspaceId = 'acme'
const numRuns = Number(process.env.DRUMBEAT_AUDIENCE_RUNS ?? 150)
/** Makes up the people and the conditions; fast-check prints it with what fails. */
const seed = Number(process.env.DRUMBEAT_SEED ?? Math.floor(Math.random() * 2 ** 31))

// Values that are alike, of different types, in an order that differs between collations, or dates only at first sight.
const words = ['', 'a', 'A', 'ab', 'B', 'b', 'Ä', 'ä', 'z', '5', '05', 'true', 'null', '{}', '[1]']
const signs = ['%', '_', '\\', "'", '"', '$1', 'ﬀ', '\uffff', '😀', '😀a', 'a😀']
const dates = ['2026-03-01', '2026-02-29', '2024-02-29', '2026-02-30', '2026-13-01', '2026-00-10', '٢٠٢٦-03-01']
const minutes = ['T00:00', 'T00:00Z', ' 01:00+01:00', 'T01:00+01', 'T24:00', 'T23:59:60', 'T12', '\n']
const fractions = ['T00:00:00.0009z', 'T12:30:15,123456789', 'T12:30:15.129', 'T12:30:15.12-23:59']
const times = [...minutes, ...fractions].map((time) => `2026-03-01${time}`)
const looseDates = ['2026-02-28T19:00-0500', ' 2026-03-01']
const edgesOfTime = ['0000-01-01', '0001-01-01', '0001-01-01T00:00+23:59', '9999-12-31', '9999-12-31T23:59-23:59']
const texts = [...words, ...signs, ...dates, ...times, ...looseDates, ...edgesOfTime]
const amounts = [0, -0, 1, 5, -1, 0.1, 0.30000000000000004, 1e21, 5e-324, Number.MAX_VALUE, 2 ** 53]
const instants = [1_772_323_200_000, 1_772_323_200_000.5, minInstant, maxInstant, maxInstant + 1]
const numbers = [...amounts, ...instants]
const scalar = fc.oneof(fc.constantFrom(...texts), fc.constantFrom(...numbers), fc.boolean())
/** What no database holds; conditions may name it all the same. */
const unheard = fc.constantFrom('\ud83d', '\ude00', 'a\ud83d', '\0', 'a\0')
const value: fc.Arbitrary<JsonValue> = fc.oneof(
  { arbitrary: scalar, weight: 6 },
  fc.constant(null),
  fc.array(fc.oneof(scalar, fc.constant(null), fc.constant([1])), { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('b', '0', 'length', '__proto__', 'constructor', '-1', '01'), scalar, { maxKeys: 3 }),
)
const names = ['a', 'b', 'x y', 'é', '0', 'length', '__proto__', 'constructor'] as const
const attributes: fc.Arbitrary<JsonObject> = fc
  .array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 5 })
  .map(asObject)
const path = fc
  .tuple(
    fc.constantFrom(...names),
    fc.option(fc.constantFrom('b', '0', '1', '-1', '01', '99999999999', 'length', '__proto__', 'constructor', 'b.0')),
  )
  .map(([name, inner]) => (inner === null ? name : `${name}.${inner}`))
const channels = ['email', 'sms'] as const
const eventNames = ['ordered', 'visited', messageReceived] as const
const statuses = ['unknown', 'pending', 'granted', 'revoked'] as const

const person = fc.record({
  attributes,
  tags: fc.uniqueArray(fc.constantFrom('vip', 'Vip', '', '😀', "o'hara"), { maxLength: 3 }),
  events: fc.array(
    fc.record({
      name: fc.constantFrom(...eventNames),
      at: fc.constantFrom(testStart, minute(-60), 0),
      data: eventData(),
    }),
    { maxLength: 4 },
  ),
  consents: fc.uniqueArray(
    fc.record({
      channel: fc.constantFrom(...channels),
      topic: fc.constantFrom(null, 'news', ''),
      status: fc.constantFrom(...statuses),
    }),
    { maxLength: 4, selector: ({ channel, topic }) => `${channel}/${topic}` },
  ),
})
type Person = typeof person extends fc.Arbitrary<infer Value> ? Value : never

function eventData(): fc.Arbitrary<JsonObject> {
  const reply = fc.record(
    {
      automatic: fc.constantFrom<JsonValue>(true, false, 'true', null),
      keyword: fc.constantFrom<JsonValue>('yes', 'no', null, 1),
    },
    { requiredKeys: [] },
  )
  return fc.tuple(attributes, reply).map(([data, known]) => ({ ...data, ...(known as JsonObject) }))
}

/** Own members, `__proto__` too, as `JSON.parse` makes them; those that are null are none, as contacts keep them. */
function asObject(members: readonly (readonly [string, JsonValue])[]): JsonObject {
  const known = new Map(members.filter(([, member]) => member !== null))
  return Object.fromEntries(known)
}

const likenesses = ['is', 'isNot', 'in', 'notIn', 'exists', 'missing'] as const
const orders = ['gt', 'gte', 'lt', 'lte', 'before', 'after'] as const
const parts = ['contains', 'startsWith', 'endsWith'] as const
const operators: readonly Comparison['op'][] = [...likenesses, ...orders, ...parts]
const operand: fc.Arbitrary<Comparison['value']> = fc.oneof(
  { arbitrary: scalar, weight: 12 },
  { arbitrary: fc.array(fc.oneof({ arbitrary: scalar, weight: 8 }, unheard), { maxLength: 4 }), weight: 3 },
  unheard,
  fc.constant(undefined),
)
const compared: fc.Arbitrary<Comparison> = fc.record({ op: fc.constantFrom(...operators), value: operand })
const filter: fc.Arbitrary<DataFilter> = fc
  .tuple(path, compared)
  .map(([field, comparison]) => ({ field, ...comparison }))

const leaf: fc.Arbitrary<Condition> = fc.oneof(
  {
    arbitrary: fc.tuple(path, compared).map(([attribute, comparison]): Condition => ({ attribute, ...comparison })),
    weight: 8,
  },
  fc.record({ tag: fc.oneof(fc.constantFrom('vip', 'Vip', '', '😀', "o'hara", 'none'), unheard) }),
  fc.record({
    event: fc.oneof({ arbitrary: fc.constantFrom(...eventNames, 'nothing'), weight: 9 }, unheard),
    since: fc.constantFrom('ever' as const, 'enrollment' as const, 'stepEntry' as const),
    where: fc.array(filter, { maxLength: 2 }),
    atLeast: fc.constantFrom(1, 2, 3),
  }),
  fc.record({ consent: fc.constantFrom(...statuses), channel: fc.constantFrom(...channels) }),
  fc.record({
    consent: fc.constantFrom(...statuses),
    channel: fc.constantFrom(...channels),
    topic: fc.constantFrom('news', '', 'offers'),
  }),
  fc.record({ reply: fc.constant(true as const) }),
  fc.record({ reply: fc.constant(true as const), keyword: fc.constantFrom('yes' as const, 'no' as const) }),
  fc.record({ delivery: fc.constantFrom('sent' as const, 'skipped' as const), step: fc.constant('welcome') }),
  fc.record({ arm: fc.constant('a'), split: fc.constant('test') }),
  fc.tuple(path, compared).map(([trigger, comparison]): Condition => ({ trigger, ...comparison })),
  fc.tuple(path, compared).map(([field, comparison]): Condition => ({ webhook: 'score', field, ...comparison })),
)

const condition: fc.Arbitrary<Condition> = fc.letrec<{ node: Condition }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.record({ all: fc.array(tie('node'), { maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('node'), { maxLength: 3 }) }),
    fc.record({ not: tie('node') }),
  ),
})).node

/** Fills a store with people, and returns what the evaluator knows of each. */
async function furnish(store: Store, people: readonly Person[]): Promise<readonly ConditionFacts[]> {
  const idOf = (index: number): string => `c${100 + index}`
  await store.contacts.upsert({
    workspaceId,
    contacts: people.map(({ attributes, tags }, index) => ({ id: idOf(index), attributes, tags })),
    now: testStart,
  })
  const known = people.map((one, index) => {
    const contactId = idOf(index)
    const consents = one.consents.map((consent): Consent => ({ ...consent, at: testStart, source: 'test' }))
    const events = one.events.map(
      (event, seq): ContactEvent => ({ ...event, seq, contactId, id: `${contactId}/${seq}` }),
    )
    const contact = {
      id: contactId,
      addresses: {},
      zone: null,
      locale: null,
      attributes: one.attributes,
      tags: one.tags,
      updatedAt: testStart,
    }
    return {
      contact,
      consents,
      events,
      deliveries: [],
      arms: {},
      trigger: null,
      replies: {},
      enrolledAt: minInstant,
      stepEnteredAt: minInstant,
    }
  })
  await store.inbox.append({ workspaceId, events: known.flatMap(({ events }) => events), now: testStart })
  await store.contacts.changePermissions({
    workspaceId,
    now: testStart,
    changes: known.flatMap(({ contact, consents }) =>
      consents.map((consent) => ({ kind: 'consent' as const, contactId: contact.id, consent })),
    ),
  })
  return known
}

describe.each<[string, () => Promise<OpenedStore>]>([
  ['PostgreSQL', openPostgres],
  ['PGlite', openPglite],
])('an audience on %s', (_name, open) => {
  it('is whom the evaluator says, whatever the condition and the contacts', async () => {
    const { store, close } = await open()
    const everybody = await furnish(store, fc.sample(person, { numRuns: 120, seed }))
    try {
      await fc.assert(
        fc.asyncProperty(condition, async (where) => {
          const expected = everybody.filter((facts) => evaluate(where, facts)).map(({ contact }) => contact.id)
          const { contacts, next } = await store.contacts.page({ workspaceId, where, now: testStart, limit: 1000 })
          expect(contacts.map(({ id }) => id)).toEqual(expected)
          expect(next).toBeNull()
          expect(await store.contacts.count({ workspaceId, where, now: testStart })).toBe(expected.length)
        }),
        { numRuns, verbose: 1, seed },
      )
    } finally {
      await close()
    }
  }, 120_000)

  it('compares each kind of value with each other by every operator as the evaluator does', async () => {
    const { store, close } = await open()
    const values: readonly JsonValue[] = [...texts, ...numbers, true, false, ['a', 5], ['5', null], [], { a: 1 }]
    try {
      const everybody = await furnish(
        store,
        values.map((a) => ({ attributes: { a }, tags: [], events: [], consents: [] })),
      )
      for (const operand of [...texts, ...numbers, true]) {
        for (const op of operators) {
          const where: Condition = {
            attribute: 'a',
            op,
            value: op === 'in' || op === 'notIn' ? ['a', operand] : operand,
          }
          const expected = everybody.filter((facts) => evaluate(where, facts)).map(({ contact }) => contact.id)
          const { contacts } = await store.contacts.page({ workspaceId, where, now: testStart, limit: 1000 })
          expect(
            contacts.map(({ id }) => id),
            JSON.stringify(where),
          ).toEqual(expected)
        }
      }
    } finally {
      await close()
    }
  }, 120_000)
})

it('says in SQL all that a database can hold, and owns up to what it leaves to the evaluator', () => {
  const compiled = (where: Condition) => compileAudience(where, { schema: 'drumbeat' })
  expect(
    compiled({ all: [{ attribute: 'a', op: 'before', value: '2026-03-01' }, { not: { tag: '😀' } }] }).isExact,
  ).toBe(true)
  const half: Condition = { attribute: 'a', op: 'startsWith', value: '\ud83d' }
  expect(compiled(half)).toEqual({ text: 'true', values: [], isExact: false })
  expect(compiled({ not: half })).toEqual({ text: '(not false)', values: [], isExact: false })
})

it('puts nothing that a condition says into the statement, paths and names included', () => {
  const hostile = `'); drop table contacts; --`
  const where: Condition = {
    all: [
      { attribute: `${hostile}.0.length`, op: 'in', value: [hostile, `{"${hostile}"}`] },
      { tag: hostile },
      { event: hostile, where: [{ field: hostile, op: 'endsWith', value: hostile }], atLeast: 2 },
      { consent: 'granted', channel: hostile, topic: hostile },
      { any: operators.map((op): Condition => ({ attribute: hostile, op, value: hostile })) },
    ],
  }
  const { text, values } = compileAudience(where, { schema: 'drumbeat', firstParameter: 7 })
  expect(text).not.toContain('drop')
  expect(values.filter((value) => String(value).includes('drop')).length).toBeGreaterThan(10)
  const named = [...text.matchAll(/\$(\d+)/g)].map(([, n]) => Number(n))
  expect(new Set(named)).toEqual(new Set(values.map((_, index) => index + 7)))
})
