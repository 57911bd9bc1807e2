import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../json.js'
import type { TemplateVersion } from '../../message/template.js'
import type { LintContext } from './rule.js'
import { knowing, lint, sending, templateOf } from './test-sequences.js'

const footer = '<a href="{{unsubscribeUrl}}">Unsubscribe</a>'
const mail = (html: string, more: Partial<TemplateVersion> = {}) =>
  templateOf('welcome', { kind: 'email', subject: 'Hi', html: `${html}${footer}` }, more)
const text = (body: string, more: Partial<TemplateVersion> = {}) => templateOf('nudge', { kind: 'text', body }, more)
const texting = sending({ channel: 'sms', template: 'nudge' })

describe('templates', () => {
  it('that do not exist are told with the one that was probably meant', () => {
    expect(lint({ hello: sending({ template: 'welcom' }) }, knowing(mail('')))).toEqual([
      {
        code: 'unknown_template',
        path: ['steps', 'hello', 'template'],
        severity: 'error',
        message: 'Step "hello" uses the template "welcom", which does not exist.',
        fix: 'Publish it, or name one that exists. Did you mean "welcome"?',
      },
    ])
  })

  it('for another channel are told', () => {
    expect(lint({ hello: sending({ template: 'nudge' }) }, knowing(text('Hi')))).toMatchObject([
      { code: 'template_channel', message: 'Step "hello" goes out by email, but its template "nudge" is for sms.' },
    ])
  })

  it('that do not compile are told with the place', () => {
    const [issue] = lint({ hello: sending() }, knowing(mail('{{#open}}')))
    expect(issue).toMatchObject({ code: 'bad_template', message: expect.stringContaining('Step "hello"') as string })
    expect(issue?.fix).toContain('line 1')
  })

  it('are judged by the message of a series that uses them', () => {
    const items = [{ id: 'day', channel: 'sms', template: 'x', for: 'P1D' }]
    expect(lint({ reminders: { kind: 'series', anchor: 'enrollment', items, next: 'done' } }, knowing())).toMatchObject(
      [{ message: 'Message "day" of step "reminders" uses the template "x", which does not exist.' }],
    )
  })

  it('are not looked at when they are not known, and a pinned version only when it is the known one', () => {
    expect(lint({ hello: sending({ template: 'x' }) })).toEqual([])
    const pinned = (version: number) => sending({ template: { id: 'welcome', version } })
    expect(lint({ hello: pinned(1) }, knowing(mail('{{name}}')))).toHaveLength(1)
    expect(lint({ hello: pinned(1) }, knowing(mail('{{name}}', { version: 2 })))).toEqual([])
  })

  it('of a version that does not exist are told', () => {
    const hello = sending({ template: { id: 'welcome', version: 3 } })
    expect(lint({ hello }, knowing(mail('Hi', { version: 2 })))).toMatchObject([
      {
        code: 'unknown_template',
        message: 'Step "hello" uses version 3 of the template "welcome", which does not exist.',
        fix: 'Its latest version is 2.',
      },
    ])
  })
})

describe('tokens', () => {
  const codes = (html: string, more: Partial<TemplateVersion> = {}, knownAttributes: readonly string[] = []) =>
    lint({ hello: sending() }, { ...knowing(mail(html, more)), knownAttributes }).map(({ code }) => code)

  it('without a fallback are a warning that says who gets no message', () => {
    expect(lint({ hello: sending() }, knowing(mail('{{firstName}} {{firstName}}')))).toEqual([
      {
        code: 'token_without_fallback',
        path: ['steps', 'hello', 'template'],
        severity: 'warning',
        message:
          'Step "hello" uses {{firstName}} of template "welcome" without a fallback, so it is not sent to people without firstName.',
        fix: 'Write {{firstName | something}}, or give the template a fallback for it.',
      },
    ])
  })

  it.each([
    ['with a fallback of their own', '{{firstName | there}}'],
    ['that may be left out', '{{firstName | }}'],
    ['in a section', '{{#firstName}}Hi {{firstName}}{{/firstName}}'],
    ['that every message has', '{{contact.id}} {{contact.email}} {{unsubscribeUrl}} {{workspace.name}}'],
  ])('%s are fine', (_name, html) => {
    expect(codes(html)).toEqual([])
  })

  it('are fine with a fallback of the template, or as an attribute that everyone has', () => {
    expect(codes('{{firstName}}', { fallbacks: { firstName: 'there' } })).toEqual([])
    expect(codes('{{firstName}} {{address.city}}', {}, ['firstName', 'address'])).toEqual([])
    expect(codes('{{firstNames}}', {}, ['firstName'])).toEqual(['token_without_fallback'])
    expect(codes('{{toString}}')).toEqual(['token_without_fallback'])
  })

  it('in partials count', () => {
    expect(codes('{{> who}}', { partials: { who: '{{company}}' } })).toEqual(['token_without_fallback'])
  })

  it('of a reply name a step that gives one', () => {
    const steps = {
      quote: { kind: 'webhook', url: 'https://a.test', next: 'hello' },
      hello: sending(),
    } as const
    expect(lint(steps, knowing(mail('{{webhook.quote.price | 0}}')))).toEqual([])
    expect(lint(steps, knowing(mail('{{webhook.qote.price | 0}}')))).toMatchObject([
      { code: 'unknown_reference', severity: 'error', fix: expect.stringContaining('Did you mean "quote"?') as string },
    ])
  })

  it('in what a webhook step calls are judged likewise', () => {
    const calling = (url: string, body: JsonValue = null, context: LintContext = {}) =>
      lint({ call: { kind: 'webhook', url: `https://a.test/${url}`, body, next: 'done' } }, context)
    expect(calling('{{contact.id}}', ['{{name | you}}', { of: '{{workspace.name}}{{#vip}}{{vip}}{{/vip}}' }])).toEqual(
      [],
    )
    expect(calling('', '{{name}}', { knownAttributes: ['name'] })).toEqual([])
    expect(calling('{{name}}', ['{{name}}', { plan: '{{plan}}' }])).toMatchObject([
      {
        code: 'token_without_fallback',
        severity: 'warning',
        path: ['steps', 'call'],
        message: 'Step "call" uses {{name}} without a fallback, so it fails for people without name.',
      },
      { message: expect.stringContaining('{{plan}}') as string },
    ])
    expect(calling('', '{{webhook.cal.price | 0}}')).toMatchObject([
      { code: 'unknown_reference', severity: 'error', fix: expect.stringContaining('Did you mean "call"?') as string },
    ])
    expect(calling('', '{{#open}}')).toMatchObject([{ code: 'bad_template', severity: 'error' }])
    expect(lint({ call: { kind: 'webhook', url: 'https://a.test{{path}}', next: 'done' } })).toMatchObject([
      { code: 'bad_template', fix: expect.stringContaining('path or its query') as string },
    ])
  })
})

describe('marketing mail', () => {
  const bare = templateOf('welcome', { kind: 'email', subject: 'Hi', html: '<p>Hi</p>' })

  it('without a link to unsubscribe is a warning', () => {
    expect(lint({ hello: sending() }, knowing(bare))).toMatchObject([
      {
        code: 'missing_unsubscribe',
        severity: 'warning',
        message: expect.stringContaining('Step "hello" is marketing mail') as string,
        fix: expect.stringContaining('{{unsubscribeUrl}}') as string,
      },
    ])
  })

  it('has the link in its layout too; transactional mail and SMS need none', () => {
    const content = { kind: 'email', subject: 'Hi', html: 'Hi', layout: 'page' } as const
    const page = templateOf('welcome', content, { partials: { page: `{{> content}}${footer}` } })
    expect(lint({ hello: sending() }, knowing(page))).toEqual([])
    expect(lint({ hello: sending({ category: 'transactional' }) }, knowing(bare))).toEqual([])
    expect(lint({ hello: sending() }, { ...knowing(bare), category: 'transactional' })).toEqual([])
    expect(lint({ nudge: texting }, knowing(text('Hi')))).toEqual([])
  })
})

describe('SMS', () => {
  const issues = (body: string, more: Partial<TemplateVersion> = {}, maxSmsSegments?: number) =>
    lint(
      { nudge: texting },
      { ...knowing(text(body, more)), ...(maxSmsSegments === undefined ? {} : { maxSmsSegments }) },
    )

  it('over three segments are a warning', () => {
    expect(issues('x'.repeat(459))).toEqual([])
    expect(issues('x'.repeat(460))).toMatchObject([
      {
        code: 'sms_segments',
        severity: 'warning',
        message: 'Step "nudge" is an SMS of about 4 segments (460 units); at most 3 are wanted.',
        fix: 'Shorten its template.',
      },
    ])
  })

  it('name the characters that make segments short', () => {
    expect(issues(`${'x'.repeat(200)}“”`)[0]?.fix).toContain('without “ ”')
  })

  it('count tokens as their fallback, or as eight letters', () => {
    const body = (token: string) => `${'x'.repeat(152)}${token}`
    const over = (token: string, fallbacks: TemplateVersion['fallbacks'] = {}) =>
      issues(body(token), { fallbacks }, 1).some(({ code }) => code === 'sms_segments')
    expect(over('{{name}}')).toBe(false)
    expect(over('{{name}}!')).toBe(true)
    expect(over('{{name | Ann}}!')).toBe(false)
    expect(over('{{name}}!', { name: 'Ann' })).toBe(false)
    expect(over('{{#address}}{{address.city}}!{{/address}}')).toBe(true)
    expect(over('{{^vip}}not a very important person{{/vip}}')).toBe(false)
  })

  it('may have another limit', () => {
    expect(issues('x'.repeat(161), {}, 1)).toHaveLength(1)
  })
})
