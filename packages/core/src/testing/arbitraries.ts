import fc from 'fast-check'
import type { ResumePolicy, RulesByChannel } from '../campaign/campaign.js'
import type { ExitRule } from '../campaign/exit-rule.js'
import { messageReceived } from '../contact/contact.js'
import { contactExited } from '../recipient/effect.js'
import type { Moment } from '../schedule/moment.js'
import type { Condition } from '../sequence/condition.js'
import type { Interrupt, MessageSpec, SeriesItem, Step, WaitCase } from '../sequence/step.js'
import type { StageOptions } from './run-stage.js'

/** Something that happens on a stage, as data: fast-check shrinks lists of these. */
export type Happening =
  | { readonly does: 'due'; readonly lateMs: number }
  | { readonly does: 'early' }
  | { readonly does: 'passes'; readonly ms: number }
  | { readonly does: 'event'; readonly name: string; readonly agoMs: number; readonly size: number }
  | { readonly does: 'again' }
  | { readonly does: 'moves'; readonly anchor: string | null }
  | { readonly does: 'permits'; readonly revoked: boolean; readonly address: boolean }
  | { readonly does: 'settles'; readonly which: number; readonly state: OutcomeState; readonly ms: number }
  | { readonly does: 'decides'; readonly arm: 'a' | 'b' }
  | { readonly does: 'resumes'; readonly policy: ResumePolicy; readonly agoMs: number }
  | { readonly does: 'withdraws' }

/** How an attempt may end on a stage. */
export type OutcomeState =
  | 'sent'
  | 'failed'
  | 'unresolved'
  | 'skipped'
  | 'put_off'
  | 'blocked'
  | 'retry_wait'
  | 'unknown'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const names = ['ordered', 'opened', messageReceived] as const

const noRules: RulesByChannel = {}

/** One of these, or nothing more often than not. */
const rarely = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 1 })

const dates = fc.constantFrom('2024-03-03', '2024-03-04T12:00', '2024-03-05', '2024-03-06T08:30', '2024-03-20', 'soon')

const anchors: fc.Arbitrary<Moment['anchor']> = fc.constantFrom(
  undefined,
  undefined,
  'base' as const,
  'enrollment' as const,
  'entryEvent' as const,
  'campaignStart' as const,
  { event: 'ordered' },
  { attribute: 'due' },
  { attribute: 'due' },
  { fixed: '2024-03-06T10:00' },
)

const rules: fc.Arbitrary<Moment> = fc.constantFrom<Moment>(
  { for: 'PT6H' },
  { for: 'P1D' },
  { for: 'P2D', until: '08:00' },
  { for: '-P1D' },
  { for: 'PT90M' },
  { onDay: 1, at: '09:00' },
  { onDay: 0, at: '08:00' },
  { until: { time: '10:00', weekdays: ['tue', 'fri'] } },
)

const moment: fc.Arbitrary<Moment> = fc
  .tuple(anchors, rules, fc.constantFrom(undefined, 'send' as const, 'skip' as const, 'exit' as const))
  .map(([anchor, rule, ifPast]) => ({ ...rule, anchor, ifPast }))

const condition: fc.Arbitrary<Condition> = fc.constantFrom<Condition>(
  { event: 'ordered', since: 'enrollment' },
  { event: 'opened', since: 'stepEntry' },
  { attribute: 'due', op: 'exists' },
  { delivery: 'sent', step: 's0' },
  { delivery: 'skipped', step: 's1' },
  { not: { event: 'ordered' } },
  { reply: true },
  { all: [] },
  { any: [] },
)

/** Hours, dates and what happens outside them. Open at some time of any week. */
const sendRules = fc.record({
  quietHours: rarely(fc.constantFrom('21:00-08:00', '08:30-11:00')),
  windows: rarely(fc.constant([{ weekdays: ['mon', 'tue', 'thu'] as const, hours: '09:00-17:00' }])),
  blackouts: rarely(fc.constant([{ on: '2024-03-05' }])),
  outside: fc.constantFrom(
    undefined,
    'nextOpening' as const,
    'nextDateSameTime' as const,
    'earlier' as const,
    'skip' as const,
    'exit' as const,
  ),
})

const message: fc.Arbitrary<MessageSpec> = fc.record({
  channel: fc.constantFrom('email', 'sms', 'push'),
  template: fc.constant('welcome'),
  rules: rarely(sendRules),
  skipWhen: rarely(condition),
  notAfter: rarely(moment),
  onLate: fc.constantFrom(undefined, 'send' as const, 'defer' as const, 'skip' as const, 'exit' as const),
  maxLateness: rarely(fc.constantFrom('PT15M', 'P2D')),
})

type Target = () => fc.Arbitrary<string>

/** A step of any kind. What takes no time leads `onward` only, so that every loop contains a wait. */
function step(onward: Target, anywhere: Target): fc.Arbitrary<Step> {
  const kind = <Kind extends Step['kind']>(value: Kind) => fc.constant(value)
  const failure = fc.constantFrom(undefined, 'advance' as const, 'exit' as const)
  const items = fc
    .array(fc.tuple(message, moment), { minLength: 1, maxLength: 3 })
    .map((list) => list.map(([spec, when], index): SeriesItem => ({ ...spec, ...when, id: `i${index}` })))
  const waitCase: fc.Arbitrary<WaitCase> = fc
    .tuple(fc.constantFrom({ event: 'ordered' }, { event: 'opened' }, { reply: true as const }), anywhere())
    .map(([trigger, next]) => ({ ...trigger, next }))
  const conditionCase: fc.Arbitrary<WaitCase> = fc.record({ condition, next: onward() })
  const send = fc
    .tuple(message, onward(), rarely(onward()), failure)
    .map(([spec, next, failed, onFailure]): Step => ({ ...spec, kind: 'send', next, failed, onFailure }))
  const wait = fc
    .tuple(moment, onward(), rarely(onward()))
    .map(([when, next, past]): Step => ({ ...when, kind: 'wait', next, past }))
  const again = anywhere().map((next): Step => ({ kind: 'wait', for: 'PT5H', next }))
  return fc.oneof(
    { arbitrary: send, weight: 5 },
    { arbitrary: wait, weight: 4 },
    { arbitrary: again, weight: 1 },
    {
      arbitrary: fc.record({
        kind: kind('series'),
        anchor: anchors.map((anchor) => anchor ?? 'base'),
        items,
        next: onward(),
        past: rarely(onward()),
      }),
      weight: 3,
    },
    {
      arbitrary: fc.record({
        kind: kind('waitFor'),
        cases: fc.array(fc.oneof(waitCase, waitCase, conditionCase), { minLength: 1, maxLength: 3 }),
        limit: moment,
        timedOut: onward(),
        since: fc.constantFrom(undefined, 'stepEntry' as const, 'enrollment' as const),
      }),
      weight: 3,
    },
    fc.record({
      kind: kind('branch'),
      cases: fc.array(fc.record({ when: condition, next: onward() }), { maxLength: 2 }),
      otherwise: onward(),
    }),
    fc.tuple(onward(), onward(), fc.boolean(), fc.boolean(), rules).map(
      ([a, b, held, holdout, decideAt]): Step => ({
        kind: 'split',
        arms: { a: { weight: 50, next: a }, b: { weight: 50, next: b, holdout } },
        experiment: held
          ? {
              metric: { event: 'ordered' },
              horizon: 'P1D',
              testShare: 20,
              decideAt,
              test: 'two-proportion-z',
              alpha: 0.05,
              sides: 2,
              fallback: 'a',
            }
          : undefined,
      }),
    ),
    fc.record({
      kind: kind('update'),
      set: rarely(fc.constant({ due: '2024-03-08' })),
      consent: rarely(fc.constant([{ channel: 'sms', status: 'revoked' as const }])),
      emit: rarely(fc.constant({ event: 'updated' })),
      next: onward(),
    }),
    fc.record({
      kind: kind('webhook'),
      url: fc.constant('https://example.com'),
      next: onward(),
      failed: rarely(onward()),
      onFailure: failure,
    }),
    fc
      .tuple(onward(), onward())
      .map(([next, other]): Step => ({ kind: 'action', action: 'score', exits: { next, other } })),
    fc.record({ kind: kind('exit'), reason: fc.constantFrom(undefined, 'goal', 'left') }),
  )
}

const interrupts: fc.Arbitrary<readonly Interrupt[]> = fc.array(
  fc.record({
    when: fc.constantFrom({ event: 'opened' }, { reply: true as const }),
    goto: fc.constantFrom('s0', 's1'),
    once: fc.constantFrom(true, false),
  }),
  { maxLength: 1 },
)

const exits: fc.Arbitrary<readonly ExitRule[]> = fc.array(
  fc.record({
    when: fc.constantFrom<ExitRule['when']>(
      { condition: { event: 'ordered' } },
      { leavesAudience: true },
      { reply: true },
      { unsubscribed: true },
    ),
    timing: fc.constantFrom('immediately' as const, 'beforeStep' as const, 'beforeSend' as const),
    scope: fc.constantFrom('run' as const, 'contact' as const),
  }),
  { maxLength: 1 },
)

/** A campaign around a sequence of two to eight steps of any kind; edges go anywhere, but every loop contains a wait. */
export const anyStage: fc.Arbitrary<StageOptions> = fc.integer({ min: 2, max: 8 }).chain((count) => {
  const id = (index: number): string => `s${index}`
  const steps = Array.from({ length: count }, (_, index) => {
    const onward: Target = () => fc.integer({ min: index + 1, max: count }).map(id)
    return step(onward, () => fc.integer({ min: 0, max: count }).map(id))
  })
  return fc
    .record({
      steps: fc.tuple(...steps),
      on: interrupts,
      exits,
      rules: rarely(sendRules),
      zone: fc.constantFrom(null, 'America/New_York', 'Nowhere/None'),
      whenClosed: fc.constantFrom('skip' as const, 'exit' as const),
      audience: rarely(fc.constant<Condition>({ attribute: 'due', op: 'exists' })),
      due: rarely(dates),
    })
    .map(({ steps: list, on, exits: exitRules, rules: email, zone, whenClosed, audience, due }) => ({
      steps: { ...Object.fromEntries(list.map((one, index) => [id(index), one])), [id(count)]: { kind: 'exit' } },
      on,
      maxVisits: 5,
      contact: { zone, attributes: due === undefined ? {} : { due } },
      campaign: { exits: exitRules, whenClosed, rules: email === undefined ? noRules : { '*': email }, audience },
    }))
})

const spans = fc.constantFrom(0, 400, 20 * minuteMs, 3 * hourMs, dayMs, 3 * dayMs)

const outcomes = fc.constantFrom<OutcomeState>(
  'sent',
  'sent',
  'sent',
  'sent',
  'failed',
  'unresolved',
  'skipped',
  'put_off',
  'blocked',
  'retry_wait',
  'unknown',
)

/** Whatever may happen to a run, in any order and as often as it likes. */
export const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
  { arbitrary: fc.record({ does: fc.constant('due' as const), lateMs: spans }), weight: 8 },
  {
    arbitrary: fc.record({ does: fc.constant('settles' as const), which: fc.nat(9), state: outcomes, ms: spans }),
    weight: 8,
  },
  {
    arbitrary: fc.record({
      does: fc.constant('event' as const),
      name: fc.constantFrom(...names, ...names, contactExited),
      agoMs: spans,
      size: fc.nat(3),
    }),
    weight: 3,
  },
  { arbitrary: fc.record({ does: fc.constant('passes' as const), ms: spans }), weight: 2 },
  { arbitrary: fc.record({ does: fc.constant('moves' as const), anchor: fc.option(dates) }), weight: 2 },
  fc.record({ does: fc.constant('early' as const) }),
  fc.record({ does: fc.constant('again' as const) }),
  fc.record({ does: fc.constant('permits' as const), revoked: fc.boolean(), address: fc.boolean() }),
  fc.record({ does: fc.constant('decides' as const), arm: fc.constantFrom('a' as const, 'b' as const) }),
  fc.record({
    does: fc.constant('resumes' as const),
    policy: fc.constantFrom<ResumePolicy>('send', 'skip', 'shift', 'exit'),
    agoMs: spans,
  }),
  { arbitrary: fc.record({ does: fc.constant('withdraws' as const) }), weight: 1 },
)
