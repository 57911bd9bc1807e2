import { describe, expect, it } from 'vitest'
import type { SendStep, Step } from '../../sequence/step.js'
import { RunStage, type StageOptions } from '../../testing/run-stage.js'

const hour = 60 * 60 * 1000
const mail: SendStep = { kind: 'send', channel: 'email', template: 'a', next: 'done' }
const done: Step = { kind: 'exit' }
const failed: Step = { kind: 'exit', reason: 'bounced' }

const stageWith = (change: Partial<SendStep> = {}, options: Partial<StageOptions> = {}) =>
  new RunStage({ steps: { mail: { ...mail, ...change }, done, failed }, ...options })

const rules = (quietHours: string, outside?: 'skip' | 'exit' | 'nextDateSameTime') => ({
  campaign: { rules: { '*': { quietHours, outside } } },
})

describe('a message outside its windows', () => {
  it('is deferred to the next opening, with a record', () => {
    const stage = stageWith({}, rules('08:00-12:00')).due()
    expect([stage.records, stage.dueAt]).toEqual([['mail scheduled quiet_hours'], '2024-03-04T12:00'])
    expect(stage.due().sent().records).toEqual(['mail sent'])
  })

  it('is skipped, or ends the run, where the rules say so', () => {
    expect(stageWith({}, rules('08:00-12:00', 'skip')).due().records).toEqual(['mail skipped quiet_hours'])
    expect(stageWith({}, rules('08:00-12:00', 'exit')).due().recipient.reason).toBe('quiet_hours')
  })

  it('is skipped when its windows never open', () => {
    const never = { campaign: { rules: { '*': { windows: [] } } } }
    expect(stageWith({}, never).due().records).toEqual(['mail skipped never_open'])
  })

  it('goes out all the same when its step ignores the rule', () => {
    expect(stageWith({ rules: { quietHours: 'ignore' } }, rules('08:00-12:00')).due().starts).toHaveLength(1)
  })

  it('is deferred again when its window has closed before anybody looked', () => {
    const stage = stageWith({}, rules('08:00-12:00')).due().at('2024-03-05T08:30Z').hear({ kind: 'due' })
    expect([stage.records, stage.dueAt]).toEqual([['mail scheduled quiet_hours'], '2024-03-05T12:00'])
  })

  it('obeys the hours of the zone of its contact', () => {
    const stage = stageWith({}, { ...rules('20:00-08:00'), contact: { zone: 'America/New_York' } }).due()
    expect(stage.dueAt).toBe('2024-03-04T13:00')
  })
})

describe('a late message', () => {
  it('is sent by default, and said to be late', () => {
    const stage = stageWith().due(30 * hour)
    expect(stage.latest.find((effect) => effect.kind === 'send')).toMatchObject({ send: { late: true } })
  })

  it('is not late within a quarter of an hour, and never when it is transactional', () => {
    for (const stage of [stageWith().due(hour / 4), stageWith({ category: 'transactional' }).due(30 * hour)]) {
      expect(stage.latest.find((effect) => effect.kind === 'send')).toMatchObject({ send: { late: false } })
    }
  })

  it('is skipped, or ends the run, beyond its maxLateness', () => {
    const change = { maxLateness: 'PT3H', onLate: 'skip' } as const
    expect(stageWith(change).due(3 * hour).starts).toHaveLength(1)
    expect(stageWith(change).due(3 * hour + 1).records).toEqual(['mail skipped late'])
    expect(stageWith({ ...change, onLate: 'exit' }).due(4 * hour).recipient.reason).toBe('expired')
  })

  it('is late after 2 hours as SMS and after 24 as anything else, unless it says otherwise', () => {
    const sms = { channel: 'sms', onLate: 'skip' } as const
    expect([2, 3].map((hours) => stageWith(sms).due(hours * hour).starts.length)).toEqual([1, 0])
    expect([24, 25].map((hours) => stageWith({ onLate: 'skip' }).due(hours * hour).starts.length)).toEqual([1, 0])
  })

  it('may be deferred to its own time of day on the next date', () => {
    const stage = stageWith({ onLate: 'defer' }).due(30 * hour)
    expect([stage.records, stage.dueAt]).toEqual([['mail scheduled late'], '2024-03-06T09:00'])
    expect(stage.due().starts).toEqual(['mail@2024-03-06T09:00'])
  })

  it('is judged from the instant after its deferral', () => {
    const stage = stageWith({ maxLateness: 'PT1H', onLate: 'skip' }, rules('08:00-12:00'))
      .due()
      .due(hour / 2)
    expect(stage.starts).toHaveLength(1)
  })
})

describe('a message that is not wanted', () => {
  it('is skipped for a holdout, with a record', () => {
    const split: Step = { kind: 'split', arms: { none: { weight: 100, next: 'mail', holdout: true } } }
    const stage = new RunStage({ steps: { split, mail, done } }).due()
    expect([stage.records, stage.recipient.status]).toEqual([['mail skipped holdout'], 'completed'])
  })

  it('is skipped when skipWhen holds with the facts of the moment', () => {
    const skipWhen = { event: 'bought', since: 'enrollment' } as const
    const wait: Step = { kind: 'wait', for: 'P1D', next: 'mail' }
    const stage = new RunStage({ steps: { wait, mail: { ...mail, skipWhen }, done } }).due().event('bought').due()
    expect(stage.records).toEqual(['mail skipped skip_when'])
  })

  it('expires after notAfter, also when only its deferral would lie behind it', () => {
    const notAfter = { anchor: { fixed: '2024-03-04T11:00Z' } }
    expect(stageWith({ notAfter }).due(3 * hour).records).toEqual(['mail expired not_after'])
    expect(stageWith({ notAfter }, rules('08:00-12:00')).due().records).toEqual(['mail expired not_after'])
  })

  it('is known to be skipped by what is decided right behind it', () => {
    const branch: Step = {
      kind: 'branch',
      cases: [{ when: { delivery: 'skipped', step: 'mail' }, next: 'failed' }],
      otherwise: 'done',
    }
    const stage = new RunStage({
      steps: { mail: { ...mail, skipWhen: { all: [] }, next: 'branch' }, branch, done, failed },
    })
    expect(stage.due().recipient.reason).toBe('bounced')
  })
})

describe('a closed channel', () => {
  const revoked = { channel: 'email', topic: null, status: 'revoked', at: 0, source: 'form' } as const
  const suppressed = { channel: 'email', address: 'ana@example.com', topic: null, at: 0 } as const

  it('skips the message by default', () => {
    const closed: readonly [Partial<StageOptions>, string][] = [
      [{ contact: { addresses: {} } }, 'no_address'],
      [{ permissions: { consents: [revoked] } }, 'consent_revoked'],
      [{ permissions: { suppressions: [{ ...suppressed, reason: 'hard_bounce' }] } }, 'suppressed_hard_bounce'],
      [{ settings: { consent: { email: { marketing: 'granted' } } } }, 'consent_missing'],
    ]
    for (const [options, reason] of closed) {
      expect(stageWith({}, options).due().records).toEqual([`mail skipped ${reason}`])
    }
  })

  it('ends the run where the campaign says exit', () => {
    const campaign = { whenClosed: 'exit' as const }
    const ended = (options: Partial<StageOptions>) => stageWith({}, { campaign, ...options }).due().recipient.reason
    expect(ended({ permissions: { consents: [revoked] } })).toBe('unsubscribed')
    expect(ended({ permissions: { suppressions: [{ ...suppressed, reason: 'stop' }] } })).toBe('unsubscribed')
    expect(ended({ permissions: { suppressions: [{ ...suppressed, reason: 'complaint' }] } })).toBe('suppressed')
    expect(ended({ contact: { addresses: {} } })).toBe('no_address')
  })

  it('stays open for transactional mail without marketing consent, and closed by a suppression', () => {
    const consent = stageWith({ category: 'transactional' }, { permissions: { consents: [revoked] } }).due()
    expect(consent.starts).toHaveLength(1)
    const suppressions = [{ ...suppressed, reason: 'hard_bounce' as const }]
    expect(stageWith({ category: 'transactional' }, { permissions: { suppressions } }).due().starts).toEqual([])
  })
})

describe('an outcome', () => {
  const retry = (stage: RunStage) => stage.outcome({ state: 'retry_wait', reason: 'busy', until: stage.now + 5_000 })

  it('of failure takes the failed path, ends the run, or goes on, as the step says', () => {
    const outcome = { state: 'failed', reason: 'rejected' } as const
    expect(stageWith({ failed: 'failed' }).due().outcome(outcome).recipient.reason).toBe('bounced')
    expect(stageWith({ onFailure: 'exit' }).due().outcome(outcome).recipient.reason).toBe('delivery_failed')
    expect(stageWith().due().outcome(outcome).recipient.reason).toBe('completed')
  })

  it('that is proven not accepted is tried again as the same delivery, counting attempts', () => {
    const stage = retry(retry(stageWith().due()).due()).due()
    expect([stage.openDelivery()?.id, stage.openDelivery()?.attempts, stage.starts.length]).toEqual([1, 3, 3])
  })

  it('that is not known is waited for, and then found out beside the run', () => {
    const stage = stageWith()
      .due()
      .outcome({ state: 'unknown', reason: 'timeout', until: Date.parse('2024-03-04T10:00Z') })
    expect([stage.recipient.waiting, stage.dueAt]).toEqual(['delivery', '2024-03-04T10:00'])
    stage.due()
    expect(stage.latest).toContainEqual({ kind: 'detach', deliveryId: 1 })
    expect(stage.recipient.status).toBe('completed')
  })

  it('of a rule that puts it off moves its due instant; a blocked account does not', () => {
    const until = Date.parse('2024-03-04T15:00Z')
    const plan = (byRule: boolean) =>
      stageWith().due().outcome({ state: 'scheduled', reason: 'frequency_cap', until, byRule }).recipient
    expect([plan(true).dueAt, plan(true).memory.plans['']?.dueAt]).toEqual([until, until])
    expect([plan(false).dueAt, plan(false).memory.plans['']?.dueAt]).toEqual([until, Date.parse('2024-03-04T09:00Z')])
  })

  it('for a run that waits for none changes nothing', () => {
    const wait: Step = { kind: 'wait', for: 'P1D', next: 'done' }
    const stage = new RunStage({ steps: { wait, done } }).due()
    const before = stage.recipient
    stage.hear({ kind: 'outcome', outcome: { state: 'failed', reason: 'late news' } })
    expect([stage.recipient, stage.latest]).toEqual([before, []])
  })
})

it('waits for its outcome, whatever happens meanwhile', () => {
  const stage = stageWith().due().event('anything').attributes({ plan: 'pro' }).hear({ kind: 'due' })
  expect([stage.recipient.waiting, stage.starts.length]).toEqual(['delivery', 1])
})
