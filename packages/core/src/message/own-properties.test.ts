import { describe, expect, it, vi } from 'vitest'
import type { RenderContext } from './render.js'
import { contextOf, render, renderedText } from './test-builders.js'

const names = [
  '__proto__',
  'constructor',
  'prototype',
  'constructor.name',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'toString.name',
  '__proto__.polluted',
  '__defineGetter__',
  'firstName.length',
  'firstName.constructor',
  'workspace.__proto__',
  'workspace.constructor',
  'trigger.toString',
  'contact.constructor',
  'webhook.constructor.name',
  'list.map',
]

describe('look-ups', () => {
  it.each(names)('find nothing that is not the host’s own data: %s', (name) => {
    const context = { attributes: { firstName: 'Ana', list: [1] }, workspace: { name: 'Acme' } }
    expect(render({ kind: 'text', body: `{{${name}}}` }, context)).toEqual({
      ok: false,
      missing: [{ name, path: 'body' }],
      unsafe: [],
    })
    expect(render({ kind: 'text', body: `{{#${name}}}found{{/${name}}}` }, context)).toMatchObject({
      content: { body: '' },
    })
  })

  it('do not find what JSON has put under the name of the prototype', () => {
    const attributes = JSON.parse('{"__proto__":{"x":"polluted"},"constructor":"c"}')
    for (const name of ['__proto__.x', 'constructor', 'x'])
      expect(render({ kind: 'text', body: `{{${name}}}` }, { attributes }).ok).toBe(false)
    expect(({} as { x?: string }).x).toBeUndefined()
  })

  it('find nothing inherited, in attributes or in list items', () => {
    const inherited = Object.create({ secret: 's' }) as Record<string, string>
    expect(render({ kind: 'text', body: '{{secret}}' }, { attributes: inherited }).ok).toBe(false)
    expect(renderedText('{{#list}}[{{secret}}]{{/list}}', { list: [inherited] })).toBe('[]')
  })

  it('call no function and no getter', () => {
    const called = vi.fn(() => 'called')
    const attributes = {
      f: called,
      get g() {
        return called()
      },
      o: { toString: called, toJSON: called },
    } as unknown as RenderContext['attributes']
    expect(renderedText('{{#f}}x{{/f}}{{#g}}x{{/g}}{{f | none}} {{g | none}}', attributes)).toBe('none none')
    expect(render({ kind: 'text', body: '{{o}}' }, { attributes }).ok).toBe(false)
    expect(called).not.toHaveBeenCalled()
  })

  it('never take a reserved name for an attribute', () => {
    const attributes = { workspace: { name: 'mine' }, contact: { id: 'other' }, unsubscribeUrl: 'https://evil.test' }
    expect(
      render({ kind: 'text', body: '{{workspace.name}} {{contact.id}} {{unsubscribeUrl}}' }, { attributes }),
    ).toMatchObject({
      ok: false,
      missing: [{ name: 'workspace.name' }, { name: 'unsubscribeUrl' }],
    })
  })

  it('change neither the context nor the prototype of objects', () => {
    const context = contextOf({ attributes: { a: [{ b: 1 }] } })
    const before = JSON.stringify(context)
    render({ kind: 'text', body: '{{#a}}{{b}}{{/a}}' }, context)
    expect(JSON.stringify(context)).toBe(before)
  })
})
