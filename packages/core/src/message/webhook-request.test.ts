import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../json.js'
import type { RenderContext } from './rendering/context.js'
import { compileRequest, tokensOfRequest, type WebhookRequest } from './webhook-request.js'

const context = (attributes: JsonObject, more: Partial<RenderContext> = {}): RenderContext => ({
  attributes,
  workspace: { name: 'Acme' },
  trigger: { order: { id: 7 }, items: ['a', 'b'] },
  webhook: { score: { points: 12 } },
  computed: {},
  contact: { id: 'ana', email: 'ana@example.com' },
  ...more,
})
const url = 'https://crm.test/hook'
const fill = (request: WebhookRequest, attributes: JsonObject = {}) => compileRequest(request)(context(attributes))

describe('a body', () => {
  it('has its texts filled in, at every depth, and everything else as it is', () => {
    const body = {
      id: '{{contact.id}}',
      'key {{name}}': 'Hello {{name | you}}, order {{trigger.order.id}}',
      list: ['{{contact.email}}', 1, true, null, { points: '{{webhook.score.points}}' }],
      of: '{{workspace.name}}: {{#trigger.items}}<{{.}}>{{/trigger.items}}',
    }
    expect(fill({ url, body }, { name: 'Ana' })).toEqual({
      ok: true,
      url,
      body: {
        id: 'ana',
        'key {{name}}': 'Hello Ana, order 7',
        list: ['ana@example.com', 1, true, null, { points: '12' }],
        of: 'Acme: <a><b>',
      },
    })
  })

  it('without tokens is the same, and one that is absent stays so', () => {
    const body = { text: 'a & b } {', deep: [{ n: 1.5 }] }
    expect(fill({ url, body })).toEqual({ ok: true, url, body })
    expect(fill({ url })).toEqual({ ok: true, url })
  })

  it('keeps its shape and its other texts whatever a value holds, and holds it unchanged', () => {
    const body = { a: '{{value}}', b: { c: ['x{{value}}y', 'z'] } }
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        fc.pre(text.trim() !== '')
        const filled = fill({ url, body }, { value: text })
        expect(filled).toEqual({ ok: true, url, body: { a: text, b: { c: [`x${text}y`, 'z'] } } })
      }),
    )
    const value = '","admin":true,"x":"'
    const filled = fill({ url, body }, { value }) as { readonly body: JsonValue }
    expect(JSON.parse(JSON.stringify(filled.body))).toEqual({ a: value, b: { c: [`x${value}y`, 'z'] } })
  })

  it('tells every token that has neither value nor fallback, and what is no text', () => {
    const body = { a: '{{first}} {{second | x}}', b: ['{{third}}', '{{trigger.order}}', '{{constructor}}'] }
    expect(fill({ url, body })).toMatchObject({
      ok: false,
      missing: [{ name: 'first' }, { name: 'third' }, { name: 'constructor' }],
      unsafe: [{ name: 'trigger.order', reason: 'not_text' }],
    })
  })

  it('that is not well-formed is refused with the place', () => {
    for (const text of ['{{#open}}', '{{> part}}', '{{{raw}}}', '{{ }}']) {
      expect(() => compileRequest({ url, body: { text } }), text).toThrow(/its body|partials/)
    }
  })
})

describe('a URL', () => {
  const filled = (template: string, value: JsonValue) => {
    const result = fill({ url: template }, { value })
    return result.ok ? result.url : result.unsafe.map(({ reason }) => reason).join()
  }

  it('takes each value as one piece of its path or its query', () => {
    expect(filled('https://crm.test/people/{{value}}/notes?q={{value}}#x', 'a/b?c&d=é %2F')).toBe(
      'https://crm.test/people/a%2Fb%3Fc%26d%3D%C3%A9%20%252F/notes?q=a%2Fb%3Fc%26d%3D%C3%A9%20%252F#x',
    )
    expect(filled('https://crm.test/?{{value}}=1', 'a=b&c')).toBe('https://crm.test/?a%3Db%26c=1')
  })

  it('refuses values that would leave their segment', () => {
    for (const value of ['.', '..']) {
      expect(filled('https://crm.test/a/{{value}}/b', value)).toBe('not_a_web_url')
      expect(filled('https://crm.test/a/{{value}}', value)).toBe('not_a_web_url')
    }
    expect(filled('https://crm.test/a/.{{value}}', '.')).toBe('not_a_web_url')
    expect(filled('https://crm.test/a?b={{value}}', '..')).toBe('https://crm.test/a?b=..')
    expect(filled('https://crm.test/a/{{value}}', '...')).toBe('https://crm.test/a/...')
  })

  it('never leads elsewhere, and never to another path, whatever the value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (value) => {
        const result = fill({ url: 'https://crm.test/a/{{value}}/b?q={{value}}' }, { value })
        if (!result.ok) return
        const read = new URL(result.url)
        expect([read.origin, read.pathname.split('/').length, read.hash]).toEqual(['https://crm.test', 4, ''])
        expect(read.pathname.startsWith('/a/') && read.pathname.endsWith('/b')).toBe(true)
        expect([...read.searchParams.keys()]).toEqual(['q'])
        expect(read.searchParams.get('q')).toBe(value.replace(/[\ud800-\udfff]/gu, '\ufffd'))
      }),
    )
  })

  it('holds no token before its path, and no section', () => {
    for (const wrong of [
      '{{value}}',
      '{{value}}/x',
      'https://{{value}}/x',
      'https://crm.{{value}}.test/x',
      'https://crm.test{{value}}',
      'https://crm.test:{{value}}/x',
      'https:{{value}}//crm.test/',
      'https://crm.test/{{#a}}x{{/a}}',
    ]) {
      expect(() => compileRequest({ url: wrong }), wrong).toThrow(/path|sections/)
    }
  })
})

it('names the tokens of a request, those of the URL first', () => {
  const body = ['{{b | x}}', { c: '{{#c}}{{d}}{{/c}}' }, 5, 'none']
  expect(tokensOfRequest({ url: `${url}/{{a}}`, body }).map(({ name, fallback }) => [name, fallback])).toEqual([
    ['a', null],
    ['b', 'x'],
    ['c', null],
    ['d', null],
  ])
})
