import { describe, expect, it } from 'vitest'
import { contentHash, diffContent } from './template.js'
import { mail, versionOf } from './test-builders.js'

describe('contentHash', () => {
  it('does not depend on the order of keys, nor on absent and empty parts', () => {
    const hash = contentHash({ kind: 'email', subject: 's', html: 'h' }, { a: '1', b: '2' })
    expect(contentHash({ html: 'h', kind: 'email', subject: 's' }, { b: '2', a: '1' }, {}, [])).toBe(hash)
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
  })

  it('changes with the content, a partial, a fallback and a trusted name', () => {
    const content = { kind: 'text', body: 'a' } as const
    const hashes = [
      contentHash(content),
      contentHash({ kind: 'text', body: 'b' }),
      contentHash(content, { a: '' }),
      contentHash(content, {}, { a: '' }),
      contentHash(content, {}, {}, ['a']),
    ]
    expect(new Set(hashes).size).toBe(hashes.length)
  })
})

describe('diffContent', () => {
  it('lists the fields that differ, with what they were and are', () => {
    const a = versionOf(mail({ subject: 'Hi', text: 'Hi', headers: { 'X-A': '1' } }), { partials: { footer: 'old' } })
    const b = versionOf(mail({ subject: 'Hello', headers: { 'X-A': '1', 'X-B': '2' }, layout: 'page' }), {
      partials: { footer: 'new' },
      fallbacks: { firstName: 'there' },
      trusted: ['bio'],
    })
    expect(diffContent(a, b)).toEqual([
      { field: 'subject', before: 'Hi', after: 'Hello' },
      { field: 'text', before: 'Hi', after: null },
      { field: 'partials.footer', before: 'old', after: 'new' },
      { field: 'headers.X-B', before: null, after: '2' },
      { field: 'layout', before: null, after: 'page' },
      { field: 'fallbacks.firstName', before: null, after: 'there' },
      { field: 'trusted', before: null, after: 'bio' },
    ])
  })

  it('is empty for versions that say the same', () => {
    expect(diffContent(versionOf(mail({})), versionOf(mail({}), { version: 9, note: 'again' }))).toEqual([])
  })
})
