import { describe, expect, it } from 'vitest'
import { mail } from './test-builders.js'
import { tokensOf } from './tokens.js'

describe('tokensOf', () => {
  it('lists every use with its fallback, section and field, in reading order', () => {
    const content = mail({
      subject: 'Hi {{firstName | there}}',
      html: '<p>{{firstName}}{{#orders}}{{id}}{{/orders}}</p>{{> footer}}',
      headers: { 'X-Plan': '{{plan.name}}' },
    })
    expect(tokensOf(content, { footer: '<a href="{{unsubscribeUrl}}">{{{legal}}}</a>' })).toEqual([
      { name: 'firstName', fallback: 'there', inSection: false, isSection: false, path: 'subject' },
      { name: 'firstName', fallback: null, inSection: false, isSection: false, path: 'html' },
      { name: 'orders', fallback: null, inSection: false, isSection: true, path: 'html' },
      { name: 'id', fallback: null, inSection: true, isSection: false, path: 'html' },
      { name: 'unsubscribeUrl', fallback: null, inSection: false, isSection: false, path: 'html' },
      { name: 'legal', fallback: null, inSection: false, isSection: false, path: 'html' },
      { name: 'plan.name', fallback: null, inSection: false, isSection: false, path: 'headers.X-Plan' },
    ])
  })

  it('sees tokens of the layout, and knows that a partial stands in a section', () => {
    const content = mail({ html: '{{#vip}}{{> offer}}{{/vip}}', layout: 'page' })
    const names = tokensOf(content, { page: '<h1>{{workspace.name}}</h1>{{> content}}', offer: '{{price}}' })
    expect(names.map(({ name, inSection }) => [name, inSection])).toEqual([
      ['workspace.name', false],
      ['vip', false],
      ['price', true],
    ])
  })

  it('finds nothing in a content without tokens', () => {
    expect(tokensOf({ kind: 'text', body: 'Hi {there} {{! a note }}' })).toEqual([])
  })
})
