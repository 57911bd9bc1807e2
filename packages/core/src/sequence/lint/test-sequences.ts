import type { Issue } from '../../errors.js'
import type { Content, TemplateVersion } from '../../message/template.js'
import { all, any, attribute, delivery, event, not } from '../condition.js'
import { lintSequence } from '../lint.js'
import type { Sequence } from '../sequence.js'
import type { SendStep, Step } from '../step.js'
import type { LintContext } from './rule.js'

/** A send that nothing is wrong with. */
export function sending(more: Partial<SendStep> = {}): SendStep {
  return { kind: 'send', channel: 'email', template: 'welcome', next: 'done', ...more }
}

/** A sequence of these steps, which begins with the first of them and has an exit `done`. */
export function sequenceOf(steps: { readonly [id: string]: Step }, more: Partial<Sequence> = {}): Sequence {
  return { schema: 1, start: Object.keys(steps)[0] ?? 'done', steps: { ...steps, done: { kind: 'exit' } }, ...more }
}

/** Lints a sequence of these steps. */
export function lint(
  steps: { readonly [id: string]: Step },
  context: LintContext = {},
  more: Partial<Sequence> = {},
): readonly Issue[] {
  return lintSequence(sequenceOf(steps, more), context)
}

/** The first version of a template. */
export function templateOf(id: string, content: Content, more: Partial<TemplateVersion> = {}): TemplateVersion {
  return {
    templateId: id,
    workspaceId: 'acme',
    version: 1,
    channel: content.kind === 'email' ? 'email' : 'sms',
    content,
    author: null,
    note: null,
    contentHash: id,
    createdAt: 0,
    ...more,
  }
}

/** A context that knows these templates. */
export function knowing(...templates: readonly TemplateVersion[]): LintContext {
  return { templates: new Map(templates.map((template) => [template.templateId, template])) }
}

/** Every kind of step with every field it may have. */
export const everything: Sequence = {
  schema: 1,
  start: 'send',
  maxVisits: 20,
  on: [
    {
      when: { event: 'order', where: [{ field: 'total', op: 'gt', value: 5 }] },
      goto: 'exit',
      once: true,
      within: ['send'],
    },
    { when: { reply: true, keyword: 'help' }, goto: 'exit' },
  ],
  steps: {
    send: {
      kind: 'send',
      name: 'Welcome',
      metadata: { color: 'red', deep: [{ a: null }] },
      channel: 'email',
      template: { id: 'welcome', version: 2 },
      category: 'transactional',
      topic: 'news',
      priority: 'immediate',
      thread: { sameAs: 'send' },
      rules: {
        quietHours: 'ignore',
        windows: [{ weekdays: ['mon'], hours: '09:00-17:00' }],
        blackouts: [
          { on: '2026-12-25' },
          { from: '2026-12-27', to: '2026-12-30' },
          { yearly: '01-01', name: 'New Year' },
        ],
        caps: 'ignore',
        outside: 'skip',
        zone: { fixed: 'Europe/Oslo' },
      },
      skipWhen: any(delivery('send', 'opened', { machine: true }), not(attribute('plan').in(['a', 1, true]))),
      notAfter: { anchor: { fixed: '2027-01-01', zone: 'UTC' } },
      maxLateness: 'PT2H',
      onLate: 'defer',
      next: 'series',
      failed: 'exit',
      onFailure: 'exit',
    },
    series: {
      kind: 'series',
      anchor: { attribute: 'appointment' },
      zone: 'contact',
      items: [
        { id: 'before', channel: 'sms', template: 'soon', onDay: -1, at: '18:00', ifPast: 'skip' },
        { id: 'after', channel: 'sms', template: 'thanks', anchor: { event: 'visited', field: 'end' }, for: 'PT2H' },
      ],
      next: 'wait',
      past: 'exit',
    },
    wait: {
      kind: 'wait',
      anchor: 'enrollment',
      businessDays: 2,
      calendar: 'us',
      until: { time: '10:00', weekdays: ['tue'] },
      dates: { weekdays: ['mon'], calendar: 'us', notBlackedOut: true, otherwise: 'nextDateSameTime' },
      zone: 'campaign',
      ifPast: 'exit',
      next: 'waitFor',
      past: 'exit',
    },
    waitFor: {
      kind: 'waitFor',
      cases: [
        { event: 'invited', where: [{ field: 'team.size', op: 'gte', value: 2 }], next: 'branch' },
        { condition: all(event('a', { since: 'ever', atLeast: 3, where: [] })), next: 'branch' },
        { reply: true, keyword: 'yes', next: 'branch' },
      ],
      limit: { for: 'PT48H' },
      timedOut: 'exit',
      since: 'enrollment',
    },
    branch: {
      kind: 'branch',
      cases: [
        { when: { trigger: 'rating', op: 'exists' }, next: 'split' },
        { when: { webhook: 'webhook', field: 'risk', op: 'gt', value: 0.5 }, next: 'split' },
        { when: { consent: 'granted', channel: 'sms', topic: 'news' }, next: 'split' },
        { when: { arm: 'a', split: 'split' }, next: 'split' },
        { when: { reply: true, keyword: 'no', since: 'stepEntry' }, next: 'split' },
      ],
      otherwise: 'exit',
    },
    split: {
      kind: 'split',
      arms: { a: { weight: 40, next: 'update' }, b: { weight: 60, next: 'update', holdout: true } },
      salt: 'x',
      experiment: {
        metric: { fact: 'clicked' },
        horizon: 'P3D',
        testShare: 20,
        decideAt: { anchor: 'campaignStart', for: 'P4D' },
        test: 'two-proportion-z',
        alpha: 0.05,
        sides: 2,
        fallback: 'a',
      },
    },
    update: {
      kind: 'update',
      set: { plan: 'paid', gone: null },
      addTags: ['a'],
      removeTags: ['b'],
      consent: [{ channel: 'sms', topic: 'news', status: 'pending' }],
      suppress: ['email'],
      emit: { event: 'updated', data: { a: 1 } },
      next: 'webhook',
    },
    webhook: {
      kind: 'webhook',
      url: 'https://example.com/hook',
      method: 'PUT',
      body: [1, 'a', { b: null }],
      headers: { 'X-Key': 'k' },
      next: 'action',
      failed: 'exit',
      onFailure: 'advance',
    },
    action: { kind: 'action', action: 'crm', input: { a: 1 }, exits: { next: 'exit', lost: 'exit' }, failed: 'exit' },
    exit: { kind: 'exit', reason: 'goal' },
  },
}
