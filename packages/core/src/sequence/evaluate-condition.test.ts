import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ContactEvent } from '../contact/contact.js'
import type { FactKind } from '../delivery/facts.js'
import { ConfigurationError } from '../errors.js'
import {
  all,
  any,
  arm,
  attribute,
  type Condition,
  consent,
  data,
  delivery,
  event,
  not,
  reply,
  tag,
  trigger,
  webhookReply,
} from './condition.js'
import type { ConditionFacts, StepDelivery } from './condition-facts.js'
import { evaluate, isHumanReply, matchesData } from './evaluate-condition.js'

const hour = 3_600_000

function knowing(
  known: Partial<ConditionFacts> & { readonly attributes?: ConditionFacts['contact']['attributes'] } = {},
) {
  const { attributes = {}, ...facts } = known
  const contact = { id: 'ana', addresses: {}, zone: null, locale: null, attributes, tags: ['vip'], updatedAt: null }
  return {
    contact,
    consents: [],
    events: [],
    deliveries: [],
    arms: {},
    trigger: null,
    replies: {},
    enrolledAt: 10 * hour,
    stepEnteredAt: 20 * hour,
    ...facts,
  } satisfies ConditionFacts
}

function happening(name: string, at: number, eventData: ContactEvent['data'] = {}): ContactEvent {
  return { seq: at, id: `${name}-${at}`, contactId: 'ana', name, at, data: eventData }
}

function delivered(state: StepDelivery['state'], ...kinds: readonly FactKind[]): ConditionFacts {
  const facts = Object.fromEntries(kinds.map((kind) => [kind, 1]))
  return knowing({ deliveries: [{ stepId: 'welcome', state, facts }] })
}

describe('comparisons', () => {
  const attributes = {
    plan: 'trial',
    seats: 5,
    active: true,
    none: null,
    tags: ['a', 'b', 3],
    address: { city: 'Oslo' },
    since: '2026-03-01',
    seen: '2026-03-01T23:30-05:00',
  }
  const holds = (condition: Condition) => evaluate(condition, knowing({ attributes }))

  it.each<[string, Condition]>([
    ['is', attribute('plan').is('trial')],
    ['is a number', attribute('seats').is(5)],
    ['is a truth value', attribute('active').is(true)],
    ['is not', attribute('plan').isNot('paid')],
    ['in', attribute('plan').in(['paid', 'trial'])],
    ['not in', attribute('plan').notIn(['paid'])],
    ['gt', attribute('seats').gt(4)],
    ['gte', attribute('seats').gte(5)],
    ['lt', attribute('seats').lt(6)],
    ['lte', attribute('seats').lte(5)],
    ['text in order', attribute('plan').gt('tria')],
    ['contains a part', attribute('plan').contains('ria')],
    ['contains a member', attribute('tags').contains(3)],
    ['starts with', attribute('plan').startsWith('tr')],
    ['ends with', attribute('plan').endsWith('al')],
    ['exists', attribute('plan').exists()],
    ['missing', attribute('name').missing()],
    ['null is missing', attribute('none').missing()],
    ['a dotted path', attribute('address.city').is('Oslo')],
    ['before, by date', attribute('since').before('2026-03-02')],
    ['after, by instant across zones', attribute('seen').after('2026-03-02T04:00Z')],
    ['a date is its midnight in UTC', attribute('since').before('2026-03-01T00:00:01Z')],
  ])('holds: %s', (_name, condition) => {
    expect(holds(condition)).toBe(true)
    expect(holds(not(condition))).toBe(false)
  })

  it.each<[string, Condition]>([
    ['text is not a number', attribute('seats').is('5')],
    ['text and numbers have no order', attribute('seats').gt('4')],
    ['truth values have no order', attribute('active').gt(0)],
    ['a list is no text', attribute('tags').startsWith('a')],
    ['a member is compared whole', attribute('tags').contains('ab')],
    ['a part of a text that is no date', attribute('plan').before('2027-01-01')],
    ['an object is not its text', attribute('address').is('[object Object]')],
    ['exists, of null', attribute('none').exists()],
    ['a length that text inherits', attribute('plan.length').exists()],
  ])('does not hold: %s', (_name, condition) => {
    expect(holds(condition)).toBe(false)
  })

  it('a missing value satisfies only missing, isNot and notIn', () => {
    const missing = attribute('nothing')
    const holding: readonly Condition[] = [missing.missing(), missing.isNot(1), missing.notIn([1])]
    const failing: readonly Condition[] = [
      missing.is(1),
      missing.in([1]),
      missing.gt(1),
      missing.gte(1),
      missing.lt(1),
      missing.lte(1),
      missing.before('2026-01-01'),
      missing.after('2026-01-01'),
      missing.contains('a'),
      missing.startsWith(''),
      missing.endsWith(''),
      missing.exists(),
    ]
    expect(holding.filter(holds)).toEqual(holding)
    expect(failing.filter(holds)).toEqual([])
  })

  it('reads own properties only', () => {
    for (const path of ['constructor', '__proto__', 'toString', 'constructor.name', 'address.constructor']) {
      expect(holds(attribute(path).exists())).toBe(false)
    }
  })

  it('orders text by code point, as PostgreSQL does with collation C', () => {
    // U+FFFD comes before U+1F600 by code point, and after it by UTF-16 unit.
    expect(evaluate(attribute('a').gt('�'), knowing({ attributes: { a: '😀' } }))).toBe(true)
  })
})

describe('events', () => {
  const facts = knowing({
    events: [
      happening('order', 9 * hour, { total: 50 }),
      happening('order', 10 * hour, { total: 150 }),
      happening('order', 20 * hour, { total: 250, lines: { count: 2 } }),
    ],
  })

  it('count from the enrollment on, its instant included', () => {
    expect(evaluate(event('order', { atLeast: 2 }), facts)).toBe(true)
    expect(evaluate(event('order', { atLeast: 3 }), facts)).toBe(false)
  })

  it('count from the entry of the step on, or ever, if asked', () => {
    expect(evaluate(event('order', { since: 'stepEntry', atLeast: 2 }), facts)).toBe(false)
    expect(evaluate(event('order', { since: 'stepEntry' }), facts)).toBe(true)
    expect(evaluate(event('order', { since: 'ever', atLeast: 3 }), facts)).toBe(true)
  })

  it('count only with data that satisfies every filter', () => {
    const where = [data('total').gt(200), data('lines.count').is(2)]
    expect(evaluate(event('order', { where }), facts)).toBe(true)
    expect(evaluate(event('order', { where, atLeast: 2 }), facts)).toBe(false)
    expect(matchesData([], {})).toBe(true)
    expect(matchesData([data('constructor').exists()], {})).toBe(false)
  })

  it('of other names do not count', () => {
    expect(evaluate(event('toString'), facts)).toBe(false)
  })
})

describe('replies', () => {
  const at = 15 * hour

  it('hold for what a person wrote', () => {
    expect(evaluate(reply(), knowing({ events: [happening('message.received', at)] }))).toBe(true)
  })

  it('do not hold for an out-of-office, or for one before the enrollment', () => {
    const automatic = happening('message.received', at, { automatic: true, keyword: 'yes' })
    const early = happening('message.received', 9 * hour)
    expect(evaluate(reply(), knowing({ events: [automatic, early] }))).toBe(false)
    expect(isHumanReply(automatic, 'yes')).toBe(false)
    expect(evaluate(reply({ since: 'ever' }), knowing({ events: [early] }))).toBe(true)
  })

  it('hold for a keyword only when it was said', () => {
    const facts = knowing({ events: [happening('message.received', at, { automatic: false, keyword: 'yes' })] })
    expect(evaluate(reply({ keyword: 'yes' }), facts)).toBe(true)
    expect(evaluate(reply({ keyword: 'no' }), facts)).toBe(false)
  })
})

describe('deliveries', () => {
  it.each<[Parameters<typeof delivery>[1], ConditionFacts]>([
    ['sent', delivered('sent')],
    ['delivered', delivered('sent', 'delivered')],
    ['opened', delivered('sent', 'opened')],
    ['clicked', delivered('sent', 'clicked')],
    ['bounced', delivered('sent', 'hard_bounced')],
    ['bounced', delivered('sent', 'soft_bounced')],
    ['complained', delivered('sent', 'delivered', 'complained')],
    ['failed', delivered('failed')],
    ['failed', delivered('sent', 'failed')],
    ['skipped', delivered('skipped')],
    ['skipped', delivered('expired')],
  ])('show %s', (shows, facts) => {
    expect(evaluate(delivery('welcome', shows), facts)).toBe(true)
    expect(evaluate(delivery('other', shows), facts)).toBe(false)
    expect(evaluate(delivery('welcome', shows), knowing())).toBe(false)
  })

  it('a soft bounce that was delivered after all is no bounce', () => {
    expect(evaluate(delivery('welcome', 'bounced'), delivered('sent', 'soft_bounced', 'delivered'))).toBe(false)
  })

  it('machines count only when asked for', () => {
    const facts = delivered('sent', 'machine_opened', 'machine_clicked')
    for (const shows of ['opened', 'clicked'] as const) {
      expect(evaluate(delivery('welcome', shows), facts)).toBe(false)
      expect(evaluate(delivery('welcome', shows, { machine: true }), facts)).toBe(true)
    }
    expect(evaluate(delivery('welcome', 'opened', { machine: true }), delivered('sent', 'opened'))).toBe(true)
  })
})

describe('what else a run knows', () => {
  it('tags, arms, the trigger and replies of calls', () => {
    const facts = knowing({
      arms: { test: 'b' },
      trigger: { rating: 5, order: { id: 'o1' } },
      replies: { score: { risk: 0.7 } },
    })
    expect(evaluate(tag('vip'), facts)).toBe(true)
    expect(evaluate(tag('toString'), facts)).toBe(false)
    expect(evaluate(arm('test', 'b'), facts)).toBe(true)
    expect(evaluate(arm('test', 'a'), facts)).toBe(false)
    expect(evaluate(arm('constructor', 'a'), facts)).toBe(false)
    expect(evaluate(trigger('rating').gte(4), facts)).toBe(true)
    expect(evaluate(trigger('order.id').is('o1'), facts)).toBe(true)
    expect(evaluate(trigger('rating').exists(), knowing())).toBe(false)
    expect(evaluate(webhookReply('score', 'risk').gt(0.5), facts)).toBe(true)
    expect(evaluate(webhookReply('constructor', 'name').exists(), facts)).toBe(false)
  })

  it('consent, which is unknown where nothing was said', () => {
    const given = { channel: 'sms', topic: null, status: 'granted', at: 1, source: 'form' } as const
    const facts = knowing({ consents: [given, { ...given, topic: 'news', status: 'revoked' }] })
    expect(evaluate(consent('sms', 'granted'), facts)).toBe(true)
    expect(evaluate(consent('sms', 'revoked', { topic: 'news' }), facts)).toBe(true)
    expect(evaluate(consent('email', 'unknown'), facts)).toBe(true)
  })
})

const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.constantFrom('a', 'b', 'c').map((name) => attribute(name).is(1)),
  fc.constantFrom('a', 'b').map((name) => attribute(name).missing()),
  fc.constantFrom('vip', 'new').map(tag),
  fc.constantFrom('order', 'visit').map((name) => event(name)),
)

const condition = fc.letrec<{ node: Condition }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    leaf,
    tie('node').map(not),
    fc.array(tie('node'), { maxLength: 3 }).map((members) => all(...members)),
    fc.array(tie('node'), { maxLength: 3 }).map((members) => any(...members)),
  ),
})).node

const facts = fc
  .record({
    attributes: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(1, 2, null)),
    events: fc.array(
      fc.constantFrom('order', 'visit').map((name) => happening(name, 12 * hour)),
      { maxLength: 2 },
    ),
  })
  .map(knowing)

describe('the algebra', () => {
  it('an empty all holds, an empty any does not', () => {
    expect(evaluate(all(), knowing())).toBe(true)
    expect(evaluate(any(), knowing())).toBe(false)
  })

  it('obeys De Morgan', () => {
    fc.assert(
      fc.property(fc.array(condition, { maxLength: 3 }), facts, (members, known) => {
        expect(evaluate(not(all(...members)), known)).toBe(evaluate(any(...members.map(not)), known))
        expect(evaluate(not(any(...members)), known)).toBe(evaluate(all(...members.map(not)), known))
      }),
    )
  })

  it('not twice is as before, order and repetition do not matter, and all implies any of some', () => {
    fc.assert(
      fc.property(fc.array(condition, { minLength: 1, maxLength: 3 }), facts, (members, known) => {
        const [first = all()] = members
        expect(evaluate(not(not(first)), known)).toBe(evaluate(first, known))
        expect(evaluate(all(...members, first), known)).toBe(evaluate(all(...[...members].reverse()), known))
        expect(evaluate(all(...members), known) && !evaluate(any(...members), known)).toBe(false)
      }),
    )
  })

  it('refuses to go deeper than a condition may be, instead of exhausting the stack', () => {
    let deep: Condition = tag('vip')
    for (let level = 0; level < 100_000; level++) deep = not(deep)
    expect(() => evaluate(deep, knowing())).toThrow(ConfigurationError)
  })

  it('leaves what it was given as it was', () => {
    fc.assert(
      fc.property(condition, facts, (asked, known) => {
        const before = JSON.stringify([asked, known])
        evaluate(asked, known)
        expect(JSON.stringify([asked, known])).toBe(before)
      }),
    )
  })
})
