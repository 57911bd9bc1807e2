import fc from 'fast-check'
import Mustache from 'mustache'
import { describe, expect, it } from 'vitest'
import { renderedHtml, renderedText } from './test-builders.js'

const data = {
  name: 'Ana',
  empty: [],
  no: false,
  zero: 0,
  price: 1.5,
  list: ['a', 'b'],
  people: [{ first: 'Bo' }, { first: 'Cy', name: 'own' }],
  deep: { a: { b: { c: 'here' } }, name: 'inner' },
  markup: '<b>"x" & y</b>',
}

/** Every tag of the Mustache specification, on its own and on a line of its own. */
const templates = [
  'no tags at all',
  '{{name}}|{{ name }}|{{{name}}}|{{{ name }}}|{{&name}}|{{& name }}',
  '{{price}} {{deep.a.b.c}} {{ deep.a.b.c }}',
  '{{#name}}{{.}}{{/name}} {{#zero}}no{{/zero}} {{^zero}}yes{{/zero}}',
  '{{#deep}}{{name}} {{a.b.c}} {{#a}}{{b.c}} {{name}} {{price}}{{/a}}{{/deep}} {{name}}',
  '{{#deep.a.b}}{{c}}{{/deep.a.b}}{{#deep.a.none}}no{{/deep.a.none}}{{^deep.a.none}}yes{{/deep.a.none}}',
  '{{#list}}({{.}}){{/list}} {{#empty}}no{{/empty}}{{^empty}}none{{/empty}} {{#no}}no{{/no}}{{^no}}not{{/no}}',
  '{{#people}}{{first}} {{name}}, {{#list}}{{first}}{{.}}{{/list}}; {{/people}}',
  '{{#people}}{{^none}}{{first}}{{/none}}{{/people}} {{#list}}{{#list}}{{.}}{{/list}}{{/list}}',
  'a{{! a comment }}b{{! of\n several lines }}c',
  'a\n{{! alone }}\nb\n  {{! indented }}  \nc {{! not alone }}\nd',
  'a\n{{#name}}\n- b\n{{/name}}\nc\n  {{#no}}\n- d\n  {{/no}}\ne\r\n{{^no}}\r\nf\r\n{{/no}}\r\ng',
  ' {{#name}}b{{/name}}\n {{#name}} x {{/name}} \n{{#name}}\n{{/name}}',
  '{{=<% %>=}}<%name%> {{name}} <%={{ }}=%>{{name}}',
  '{{=| |=}}\n|name|\n|={{ }}=|\n{{name}}',
  '{{#name}}{{=| |=}}|name||={{ }}=|{{/name}}',
]

describe('a plain text is what mustache.js makes of it', () => {
  it.each(templates)('%j', (template) => {
    expect(renderedText(template, data, { trusted: ['name'] })).toBe(
      Mustache.render(template, data, {}, { escape: String }),
    )
  })

  it('with partials within a line', () => {
    const template = '[{{> a}}] {{#people}}{{>b}}{{/people}}'
    const partials = { a: '{{name}} {{> b }}', b: '<{{first}}>' }
    const attributes = { ...data, first: 'F' }
    const expected = Mustache.render(template, attributes, partials, { escape: String })
    expect(renderedText(template, attributes, { partials })).toBe(expected)
  })

  it('for any nesting of tokens and sections', () => {
    const name = fc.constantFrom(
      'name',
      'price',
      'list',
      'people',
      'deep.a',
      'deep.a.b.c',
      'no',
      'zero',
      'empty',
      'none',
    )
    const value = fc.constantFrom('{{name}}', '{{price}}', '{{deep.a.b.c}}', '{{{markup}}}', '{{! c }}', ' ', '\n', 'x')
    const { template } = fc.letrec<{ template: string }>((tie) => ({
      template: fc
        .array(
          fc.oneof(
            { weight: 3, arbitrary: value },
            fc
              .tuple(fc.constantFrom('#', '^'), name, tie('template'))
              .map(([kind, section, inner]) => `{{${kind}${section}}}${inner}{{/${section}}}`),
          ),
          { maxLength: 5 },
        )
        .map((parts) => parts.join('')),
    }))
    fc.assert(
      fc.property(template, (text) => {
        expect(renderedText(text, data, { trusted: ['markup'] })).toBe(
          Mustache.render(text, data, {}, { escape: String }),
        )
      }),
    )
  })
})

describe('HTML is what mustache.js makes of it', () => {
  it('but for the slash and the equals sign, which need no escaping', () => {
    const template = '<p title="{{markup}}">{{markup}} {{{markup}}}</p>'
    const expected = Mustache.render(template, data).replaceAll('&#x2F;', '/').replaceAll('&#x3D;', '=')
    expect(renderedHtml(template, data, { trusted: ['markup'] })).toBe(expected)
  })
})
