import { describe, expectTypeOf, it } from 'vitest'
import {
  customTemplate,
  defineTemplates,
  emailTemplate,
  smsTemplate,
  type TemplateDraft,
} from './authoring/define-templates.js'
import type { TokenFor, TokensIn } from './authoring/template-tokens.js'
import { attribute, event } from './condition.js'
import { defineSequence } from './define-sequence.js'
import type { Sequence } from './sequence.js'
import type { Step } from './step.js'
import {
  action,
  branch,
  exit,
  interrupt,
  send,
  sendVariants,
  series,
  split,
  update,
  wait,
  waitFor,
  webhook,
} from './steps.js'

describe('where steps lead', () => {
  it('is a plain Sequence when every step exists', () => {
    const sequence = defineSequence({
      start: 'welcome',
      steps: {
        welcome: send({ channel: 'email', template: 'welcome', next: 'overnight' }),
        overnight: wait({ for: 'P1D', until: '08:00', next: 'active?' }),
        'active?': branch({ cases: [{ when: event('project.created'), next: 'tips' }], otherwise: 'nudge' }),
        tips: send({ channel: 'email', template: 'tips', next: 'done' }),
        nudge: send({ channel: 'sms', template: 'nudge', next: 'invited' }),
        invited: waitFor({ event: 'teammate.invited', within: 'PT48H', then: 'done', timedOut: 'help' }),
        help: send({ channel: 'email', template: 'help', next: 'done', thread: { sameAs: 'welcome' } }),
        done: exit(),
      },
    })
    expectTypeOf(sequence).toEqualTypeOf<Sequence>()
  })

  it('may be plain JSON, and steps whose ids are not known to the compiler', () => {
    defineSequence({ start: 'a', steps: { a: { kind: 'wait', for: 'P1D', next: 'b' }, b: { kind: 'exit' } } })
    const steps: Record<string, Step> = {}
    defineSequence({ start: 'a', steps })
  })

  it('does not compile when a step does not exist', () => {
    defineSequence({
      // @ts-expect-error: not a step
      start: 'welcom',
      steps: {
        // @ts-expect-error: not a step
        welcome: send({ channel: 'email', template: 'welcome', next: 'overnite' }),
        // @ts-expect-error: not a step
        failing: send({ channel: 'email', template: 'welcome', next: 'done', failed: 'x' }),
        // @ts-expect-error: not a step
        thread: send({ channel: 'email', template: 'welcome', next: 'done', thread: { sameAs: 'x' } }),
        // @ts-expect-error: not a step
        overnight: wait({ for: 'P1D', next: 'x' }),
        // @ts-expect-error: not a step
        past: wait({ for: 'P1D', next: 'done', past: 'x' }),
        // @ts-expect-error: not a step
        branch: branch({ cases: [{ when: attribute('a').exists(), next: 'x' }], otherwise: 'done' }),
        // @ts-expect-error: not a step
        otherwise: branch({ cases: [], otherwise: 'x' }),
        // @ts-expect-error: not a step
        waiting: waitFor({ cases: [{ event: 'a', next: 'x' }], limit: { for: 'P1D' }, timedOut: 'done' }),
        // @ts-expect-error: not a step
        timedOut: waitFor({ cases: [{ event: 'a', next: 'done' }], within: 'P1D', timedOut: 'x' }),
        // @ts-expect-error: not a step
        split: split({ arms: { a: { weight: 100, next: 'x' } } }),
        // @ts-expect-error: not a step
        update: update({ addTags: ['a'], next: 'x' }),
        // @ts-expect-error: not a step
        webhook: webhook({ url: 'https://a.test', next: 'done', failed: 'x' }),
        // @ts-expect-error: not a step
        action: action({ action: 'a', exits: { next: 'done', other: 'x' } }),
        // @ts-expect-error: not a step
        series: series({ anchor: 'enrollment', items: [{ id: 'a', channel: 'sms', template: 't' }], next: 'x' }),
        // @ts-expect-error: not a step
        variants: sendVariants({ channel: 'sms', variants: { a: { template: 'b' } }, next: 'x' }),
        // @ts-expect-error: not a step
        json: { kind: 'wait', next: 'x' },
        done: exit(),
      },
      on: [
        // @ts-expect-error: not a step
        interrupt({ when: { event: 'a' }, goto: 'x' }),
        // @ts-expect-error: not a step
        interrupt({ when: { event: 'a' }, goto: 'done', within: ['x'] }),
      ],
    })
  })
})

describe('what steps are made of', () => {
  it('does not compile with keys that do not exist, or without those that must', () => {
    // @ts-expect-error: misspelled
    wait({ untill: '08:00', next: 'a' })
    // @ts-expect-error: without a template
    send({ channel: 'email', next: 'a' })
    // @ts-expect-error: nobody waits for ever
    waitFor({ cases: [{ event: 'a', next: 'b' }], timedOut: 'c' })
    // @ts-expect-error: one limit
    waitFor({ cases: [{ event: 'a', next: 'b' }], within: 'P1D', limit: { for: 'P1D' }, timedOut: 'c' })
    // @ts-expect-error: misspelled, in an item
    series({ anchor: 'enrollment', items: [{ id: 'a', channel: 'sms', template: 't', forr: 'P1D' }], next: 'x' })
    // @ts-expect-error: an action always has the exit next
    action({ action: 'a', exits: { other: 'b' } })
  })

  it('an experiment falls back to one of the arms', () => {
    const spec = {
      metric: { event: 'order' },
      horizon: 'P3D',
      testShare: 20,
      decideAt: { anchor: 'campaignStart', for: 'P4D' },
      test: 'two-proportion-z',
      alpha: 0.05,
      sides: 2,
    } as const
    const arms = { a: { weight: 50, next: 'x' }, b: { weight: 50, next: 'x' } }
    split({ arms, experiment: { ...spec, fallback: 'a' } })
    // @ts-expect-error: not an arm
    split({ arms, experiment: { ...spec, fallback: 'c' } })
  })
})

interface Attributes {
  firstName: string
  plan?: string
  address?: { city: string; geo: { lat: number } }
  orders: { id: string }[]
  since: Date
  premium: boolean
}

const templates = defineTemplates<Attributes>()({
  welcome: emailTemplate({ subject: 'Hi {{firstName | there}}', html: '<p>{{address.city}}</p>' }),
  tips: emailTemplate({ subject: 'Tips', html: '' }),
  nudge: smsTemplate({ body: 'Hi {{firstName}}' }),
  badge: customTemplate({ channel: 'push', fields: { title: '{{plan}}' } }),
})

describe('the templates of messages', () => {
  it('exist, and are for the channel', () => {
    defineSequence({
      templates,
      start: 'welcome',
      steps: {
        welcome: send({ channel: 'email', template: 'welcome', next: 'pinned' }),
        pinned: send({ channel: 'email', template: { id: 'tips', version: 3 }, next: 'nudge' }),
        nudge: send({ channel: 'sms', template: 'nudge', next: 'push' }),
        push: send({ channel: 'push', template: 'badge', next: 'both' }),
        both: series({
          anchor: 'enrollment',
          items: [
            { id: 'mail', channel: 'email', template: 'tips' },
            { id: 'text', channel: 'sms', template: 'nudge', for: 'P1D' },
          ],
          next: 'test',
        }),
        test: sendVariants({
          channel: 'email',
          variants: { a: { template: 'welcome' }, b: { template: 'tips' } },
          next: 'done',
        }),
        done: exit(),
      },
    })
  })

  it('do not compile otherwise', () => {
    defineSequence({
      templates,
      start: 'welcome',
      steps: {
        // @ts-expect-error: a template for email
        welcome: send({ channel: 'sms', template: 'welcome', next: 'done' }),
        // @ts-expect-error: no such template
        unknown: send({ channel: 'email', template: 'welcom', next: 'done' }),
        // @ts-expect-error: no such channel
        channel: send({ channel: 'emial', template: 'welcome', next: 'done' }),
        // @ts-expect-error: no such template
        pinned: send({ channel: 'email', template: { id: 'tip', version: 3 }, next: 'done' }),
        // @ts-expect-error: a template for email
        series: series({ anchor: 'enrollment', items: [{ id: 'a', channel: 'sms', template: 'tips' }], next: 'done' }),
        // @ts-expect-error: a template for sms
        test: sendVariants({ channel: 'email', variants: { a: { template: 'nudge' } }, next: 'done' }),
        done: exit(),
      },
    })
  })

  it('are keyed by id, and keep their channel', () => {
    expectTypeOf(templates.nudge).toEqualTypeOf<TemplateDraft<'sms'>>()
    expectTypeOf(templates).toExtend<{ readonly [id: string]: TemplateDraft }>()
  })
})

describe('the tokens of templates', () => {
  const define = defineTemplates<Attributes>()

  it('are found in a text, whatever their form', () => {
    expectTypeOf<TokensIn<'{{a}} {{ b.c }} {{d | there}} {{{e}}} {{&f}} {{! g }} {{> h }}'>>().toEqualTypeOf<
      'a' | 'b.c' | 'd' | 'e' | 'f'
    >()
    expectTypeOf<TokensIn<'{{#s}}{{a}}{{.}}{{#t}}{{b}}{{/t}}{{/s}}{{^u}}x{{/u}}{{c}}'>>().toEqualTypeOf<
      's' | 's>a' | 's>t' | 't>b' | 'u' | 'c'
    >()
    expectTypeOf<TokensIn<'nothing'>>().toEqualTypeOf<never>()
    expectTypeOf<TokensIn<string>>().toEqualTypeOf<never>()
  })

  it('may be attributes, what is below them, and what the engine gives', () => {
    define({
      all: emailTemplate({
        subject: '{{firstName}} {{plan | free}} {{address.geo.lat}} {{locale}}',
        html: '{{workspace.name}} {{trigger.order.id}} {{webhook.score.risk}} {{computed.level}} {{contact.email}}',
        text: '{{unsubscribeUrl}} {{> footer}}',
        preheader: '{{#premium}}{{firstName}}{{/premium}}{{^premium}}{{plan}}{{/premium}}',
        headers: { 'X-Plan': '{{plan}}' },
        partials: {
          footer: '{{#orders}}{{id}} {{.}} {{firstName}}{{/orders}} {{#trigger.items}}{{sku}}{{/trigger.items}}',
        },
        fallbacks: { plan: 'free', 'address.city': 'your town' },
      }),
    })
    const readFromFile: string = '{{anything}}'
    define({ file: smsTemplate({ body: readFromFile }) })
    defineTemplates<Record<string, unknown>>()({ any: smsTemplate({ body: '{{anything}}' }) })
  })

  it('do not compile when they are none of these', () => {
    define({
      // @ts-expect-error: not an attribute
      subject: emailTemplate({ subject: '{{firstNam}}', html: '' }),
      // @ts-expect-error: not an attribute
      html: emailTemplate({ subject: '', html: '<p>{{ firstname }}</p>' }),
      // @ts-expect-error: not below it
      below: smsTemplate({ body: '{{address.cty | there}}' }),
      // @ts-expect-error: not an attribute, also in a section
      section: smsTemplate({ body: '{{#premium}}{{firstNam}}{{/premium}}' }),
      // @ts-expect-error: not an attribute
      sectionItself: smsTemplate({ body: '{{#premum}}x{{/premum}}' }),
      // @ts-expect-error: not an attribute
      partial: smsTemplate({ body: '{{> a}}', partials: { a: '{{pln}}' } }),
      // @ts-expect-error: not an attribute
      fallback: smsTemplate({ body: 'x', fallbacks: { pln: 'free' } }),
      // @ts-expect-error: not an attribute
      field: customTemplate({ channel: 'push', fields: { title: '{{pln}}' } }),
    })
  })

  it('include no methods of what attributes hold', () => {
    expectTypeOf<'since'>().toExtend<TokenFor<Attributes>>()
    expectTypeOf<'since.getTime'>().not.toExtend<TokenFor<Attributes>>()
    expectTypeOf<'firstName.length'>().not.toExtend<TokenFor<Attributes>>()
  })
})
