import { describe, expect, it } from 'vitest'
import { TemplateError } from '../errors.js'
import { compileTemplate, renderMessage } from './render.js'
import { contextOf, mail, render, rendered, renderedHtml, renderedText, versionOf } from './test-builders.js'

describe('renderMessage', () => {
  it('fills tokens from every source', () => {
    const body =
      '{{firstName}} {{address.city}} {{workspace.name}} {{trigger.orderId}} {{webhook.quote.price}} {{computed.level}} ' +
      '{{contact.id}} {{contact.email}} {{unsubscribeUrl}} {{locale}}'
    const content = rendered(
      { kind: 'text', body },
      {
        attributes: { firstName: 'Ana', address: { city: 'Porto' } },
        workspace: { name: 'Acme' },
        trigger: { orderId: 17 },
        webhook: { quote: { price: 9.5 } },
        computed: { level: 'gold' },
        contact: { id: 'c1', email: 'ana@example.com' },
        unsubscribeUrl: 'https://acme.test/u?t=1&v=2',
        locale: 'pt-PT',
      },
    )
    expect(content).toEqual({
      kind: 'text',
      body: 'Ana Porto Acme 17 9.5 gold c1 ana@example.com https://acme.test/u?t=1&v=2 pt-PT',
    })
  })

  it('reads a step id with characters other than letters', () => {
    expect(
      rendered({ kind: 'text', body: '{{webhook.active?.size}}' }, { webhook: { 'active?': { size: 3 } } }),
    ).toEqual({
      kind: 'text',
      body: '3',
    })
  })

  it.each([
    ['the token’s own fallback', 'Hi {{firstName | there}}', {}, 'Hi there'],
    ['the token’s own before the version’s', 'Hi {{nick | you}}', {}, 'Hi you'],
    ['the version’s fallback', 'Hi {{nick}}', {}, 'Hi friend'],
    ['a fallback for null', 'Hi {{nick}}', { nick: null }, 'Hi friend'],
    ['a fallback for blank text', 'Hi {{nick}}', { nick: '  ' }, 'Hi friend'],
    ['an empty fallback', 'Hi{{firstName | }}!', {}, 'Hi!'],
    ['a quoted fallback with its spaces', 'Hi{{firstName | " you"}}!', {}, 'Hi you!'],
    ['a fallback with a bar in it', '{{firstName | a|b}}', {}, 'a|b'],
    ['a value instead of the fallback', 'Hi {{firstName|there}}', { firstName: 'Ana' }, 'Hi Ana'],
    ['zero, which is a value', '{{count | none}}', { count: 0 }, '0'],
    ['false, which is a value', '{{vip | ?}}', { vip: false }, 'false'],
    ['a list of texts', '{{tags}}', { tags: ['a', 'b', 3] }, 'a, b, 3'],
  ])('writes %s', (_, body, attributes, expected) => {
    expect(renderedText(body, attributes, { fallbacks: { nick: 'friend' } })).toBe(expected)
  })

  it('names every missing token at once and renders nothing', () => {
    const result = render(
      mail({ subject: 'Hi {{firstName}}', html: '<p>{{firstName}} {{plan.name}} {{plan.name}}</p>' }),
      { attributes: { plan: 'trial' } },
    )
    expect(result).toEqual({
      ok: false,
      missing: [
        { name: 'firstName', path: 'subject' },
        { name: 'firstName', path: 'html' },
        { name: 'plan.name', path: 'html' },
      ],
      unsafe: [],
    })
  })

  it('leaves a missing token out within a section', () => {
    expect(renderedText('{{#vip}}Dear {{title}}{{name}}{{/vip}}', { vip: true, name: 'Ana' })).toBe('Dear Ana')
  })

  it.each([
    ['true', true, 'yes'],
    ['false', false, 'no'],
    ['an empty list', [], 'no'],
    ['a blank text', ' ', 'no'],
    ['0', 0, 'no'],
    ['null', null, 'no'],
    ['an object', {}, 'yes'],
    ['a text', 'x', 'yes'],
  ])('shows sections and inverted sections by %s', (_, vip, expected) => {
    expect(renderedText('{{#vip}}yes{{/vip}}{{^vip}}no{{/vip}}', { vip })).toBe(expected)
  })

  it('repeats a section over a list, with its items innermost', () => {
    const attributes = {
      name: 'Ana',
      orders: [
        { id: 1, items: ['x', 'y'] },
        { id: 2, items: [], name: 'gift' },
      ],
    }
    expect(renderedText('{{#orders}}{{id}} {{name}}:{{#items}}[{{.}}]{{/items}}; {{/orders}}', attributes)).toBe(
      '1 Ana:[x][y]; 2 gift:; ',
    )
  })

  it('puts partials and the layout in, and takes the text form of a partial in plain fields', () => {
    const content = rendered(
      mail({
        subject: 'S',
        html: '<p>{{firstName}}</p>{{> footer}}',
        text: '{{firstName}} {{> footer}}',
        layout: 'page',
      }),
      { attributes: { firstName: 'A&B' } },
      {
        partials: {
          page: '<html><body>{{> content}}</body></html>',
          footer: '<small>{{firstName}}</small>',
          'footer.text': '-- {{firstName}}',
        },
      },
    )
    expect(content).toEqual({
      kind: 'email',
      subject: 'S',
      html: '<html><body><p>A&amp;B</p><small>A&amp;B</small></body></html>',
      text: 'A&B -- A&B',
    })
  })

  it('puts the preheader first into the body, hidden and escaped', () => {
    const html = '<html><head><title>T</title></head><body class="a>b"><p>Hi</p></body></html>'
    const content = rendered(mail({ html, preheader: 'For {{firstName}}' }), { attributes: { firstName: '<Ana>' } })
    expect(content).toMatchObject({ preheader: 'For <Ana>' })
    expect(content.kind === 'email' && content.html).toMatch(
      /<body class="a>b"><div style="display:none[^"]*">For &lt;Ana&gt;<\/div><p>Hi<\/p>/,
    )
  })

  it('gives the same hash for the same filling, and another for any other', () => {
    const template = compileTemplate(versionOf({ kind: 'text', body: '{{#vip}}VIP {{/vip}}{{a}}{{b}}' }))
    const hashOf = (attributes: Record<string, string | boolean>) => {
      const result = renderMessage(template, contextOf({ attributes }))
      return result.ok ? result.hash : null
    }
    expect(hashOf({ a: 'x', b: 'y' })).toMatch(/^[0-9a-f]{64}$/)
    expect(hashOf({ a: 'x', b: 'y', unused: 'z' })).toBe(hashOf({ a: 'x', b: 'y' }))
    const hashes = [
      hashOf({ a: 'x', b: 'y' }),
      hashOf({ a: 'xy', b: 'z' }),
      hashOf({ a: 'x', b: 'yz' }),
      hashOf({ a: 'x', b: 'y', vip: true }),
    ]
    expect(new Set(hashes).size).toBe(4)
  })

  it('gives no hash twice that two fillings could share, whatever they look like', () => {
    const template = compileTemplate(versionOf({ kind: 'text', body: '{{#l}}{{.}}{{/l}}{{a}}{{b}}' }))
    const hashes = [
      { l: [], a: '1:1', b: '2' },
      { l: ['1'], a: '1', b: '2' },
      { l: [], a: '1', b: '1:2' },
      { l: [], a: '#1;', b: '2' },
    ].map((attributes) => {
      const result = renderMessage(template, contextOf({ attributes }))
      return result.ok ? result.hash : ''
    })
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  it('gives another hash for another content, whatever fills it', () => {
    const one = render({ kind: 'text', body: 'a' })
    const other = render({ kind: 'text', body: 'b' })
    expect(one.ok && other.ok && one.hash !== other.hash).toBe(true)
  })

  it('renders custom fields as plain text', () => {
    expect(
      rendered({ kind: 'custom', fields: { title: 'Hi {{n}}', body: '<{{n}}>' } }, { attributes: { n: 'A&B' } }),
    ).toEqual({ kind: 'custom', fields: { title: 'Hi A&B', body: '<A&B>' } })
  })

  it('refuses an object where a text is meant, and says which', () => {
    expect(render({ kind: 'text', body: '{{address}}' }, { attributes: { address: { city: 'Porto' } } })).toEqual({
      ok: false,
      missing: [],
      unsafe: [{ name: 'address', path: 'body', reason: 'not_text' }],
    })
  })

  it('stops sections that multiply each other', () => {
    const list = Array.from({ length: 1000 }, (_, index) => index)
    const result = render({ kind: 'text', body: '{{#l}}{{#l}}{{#l}}x{{/l}}{{/l}}{{/l}}' }, { attributes: { l: list } })
    expect(result).toMatchObject({ ok: false, unsafe: [{ name: 'l', reason: 'too_large' }] })
  })

  it('never fails on a lone surrogate', () => {
    expect(renderedText('https://acme.test/?q={{q}}', { q: 'a\ud800b' })).toBe('https://acme.test/?q=a%EF%BF%BDb')
  })
})

describe('compileTemplate', () => {
  const failing: readonly (readonly [string, string, RegExp])[] = [
    ['an unclosed tag', '<p>{{name</p>', /Template "welcome" version 3, html, line 1, column \d+: Unclosed tag/],
    ['an unclosed section', '{{#a}}<p>', /Unclosed section "a"/],
    ['a section closed by another name', '{{#a}}{{/b}}', /Unclosed section "a"/],
    ['a token without a name', '<p>\n\n  {{ }}</p>', /line 3, column 3: a token has no name/],
    ['an empty part of a name', '{{a..b}}', /"a\.\.b" has an empty part/],
    ['a section with a fallback', '{{#a | b}}x{{/a | b}}', /"a \| b" has a fallback/],
    ['an unknown partial', '{{> foot}}', /there is no partial "foot"/],
    ['an unescaped token that is not trusted', '<p>{{{bio}}}</p>', /"bio" is not trusted/],
    ['the same with &', '<p>{{&bio}}</p>', /"bio" is not trusted/],
    ['a partial that contains itself', '{{> loop}}', /"loop" contains itself: loop → again → loop/],
  ]
  it.each(failing)('refuses %s and says where', (_, html, message) => {
    const compile = () =>
      compileTemplate(versionOf(mail({ html }), { partials: { loop: '{{> again}}', again: '{{> loop}}' } }))
    expect(compile).toThrow(TemplateError)
    expect(compile).toThrow(message)
  })

  it('bounds what partials can grow to', () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 15 }, (_, level) => [`p${level}`, `{{> p${level + 1}}}{{> p${level + 1}}}{{x}}`]),
    )
    const version = versionOf(mail({ html: '{{> p0}}' }), { partials: { ...doubling, p15: 'x' } })
    expect(() => compileTemplate(version)).toThrow(/more than 20000 parts/)
  })

  it('bounds how deep sections nest', () => {
    const body = '{{#a}}'.repeat(40) + '{{/a}}'.repeat(40)
    expect(() => compileTemplate(versionOf({ kind: 'text', body }))).toThrow(/nested more than 32 deep/)
  })

  it('names the missing layout, and a layout that has no place for the message', () => {
    const version = (partials: Record<string, string>) => versionOf(mail({ layout: 'page' }), { partials })
    expect(() => compileTemplate(version({}))).toThrow(/there is no layout "page"/)
    expect(() => compileTemplate(version({ page: '<body></body>' }))).toThrow(/put {{> content}} into it/)
  })

  it('says which partial an error stands in', () => {
    const version = versionOf(mail({ html: '{{> footer}}' }), { partials: { footer: '<p>\n{{{x}}}</p>' } })
    expect(() => compileTemplate(version)).toThrow(/html, partial "footer", line 2, column 1/)
  })

  it('renders a trusted token unescaped, also when it is dotted', () => {
    const html = renderedHtml('<div>{{{bio}}}{{bio}}</div>', { bio: '<b>x</b>' }, { trusted: ['bio'] })
    expect(html).toBe('<div><b>x</b>&lt;b&gt;x&lt;/b&gt;</div>')
  })
})
