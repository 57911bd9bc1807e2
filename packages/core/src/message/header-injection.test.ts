import { describe, expect, it } from 'vitest'
import { compileTemplate } from './render.js'
import { mail, render, rendered, versionOf } from './test-builders.js'

const breaks = [
  'x\r\nBcc: eve@evil.test',
  'x\nBcc: eve@evil.test',
  'x\rBcc: eve@evil.test',
  'x\u0000',
  'x\u000bBcc:',
  'x\u0085Bcc:',
  'x\u2028Bcc:',
  'x\u2029Bcc:',
  'x\u001b[0m',
  'x\u007f',
  'x\t',
]

describe('header injection', () => {
  it.each(breaks)('is refused in every header field, naming the token and not the value: %j', (x) => {
    for (const field of [
      { subject: '{{x}}' },
      { from: '{{x}} <hello@acme.test>' },
      { replyTo: '{{x}}@acme.test' },
      { headers: { 'X-Tag': '{{x}}' } },
    ]) {
      const result = render(mail(field), { attributes: { x } })
      expect(result).toMatchObject({ ok: false, missing: [], unsafe: [{ name: 'x', reason: 'control_character' }] })
      expect(JSON.stringify(result)).not.toContain('evil')
    }
  })

  it.each(breaks)('is refused through a fallback and through a trusted value: %j', (x) => {
    expect(render(mail({ subject: '{{x}}' }), {}, { fallbacks: { x } }).ok).toBe(false)
    expect(render(mail({ subject: '{{{x}}}' }), { attributes: { x } }, { trusted: ['x'] }).ok).toBe(false)
  })

  it.each(breaks)('is refused through a partial: %j', (x) => {
    const content = mail({ subject: 'Hi {{> p}}' })
    expect(render(content, { attributes: { name: 'Ana' } }, { partials: { p: `{{name}}${x}` } })).toEqual({
      ok: false,
      missing: [],
      unsafe: [{ name: 'name', path: 'subject', reason: 'control_character' }],
    })
  })

  it.each(breaks)('is refused in the template itself: %j', (x) => {
    for (const field of [{ subject: x }, { from: `${x} <a@acme.test>` }, { headers: { 'X-Tag': x } }]) {
      expect(() => compileTemplate(versionOf(mail(field)))).toThrow(/must be one line/)
    }
    expect(() => compileTemplate(versionOf(mail({ subject: '{{> p}}' }), { partials: { p: x } }))).toThrow(/one line/)
  })

  it.each(['To', 'cc', 'BCC', 'From', 'Subject', 'Content-Type', 'DKIM-Signature', 'Date', 'Reply-To'])(
    'is refused as the header %s',
    (name) => {
      expect(() => compileTemplate(versionOf(mail({ headers: { [name]: 'x' } })))).toThrow(
        /cannot be set by a template/,
      )
    },
  )

  it.each(['X Tag', 'X-Tag:', 'X-Tag\r\nBcc', '', 'X-Täg'])('is refused in a header’s name: %j', (name) => {
    expect(() => compileTemplate(versionOf(mail({ headers: { [name]: 'x' } })))).toThrow(/a header name is/)
  })

  it.each([
    ['a second mailbox', '{{x}} <hello@acme.test>', 'Eve <eve@evil.test>, Acme'],
    ['an address in the name', '{{x}} <hello@acme.test>', '<eve@evil.test>'],
    ['a list of addresses', '{{x}}', 'a@acme.test, b@acme.test'],
    ['a list with semicolons', 'Acme <{{x}}>', 'a@acme.test;b@acme.test'],
    ['no address', '{{x}}', 'Acme'],
  ])('cannot make one sender two or none: %s', (_, from, x) => {
    expect(render(mail({ from }), { attributes: { x } })).toMatchObject({
      ok: false,
      unsafe: [{ name: 'x', path: 'from', reason: 'not_one_mailbox' }],
    })
  })

  it.each([
    ['Ana', 'Ana <hello@acme.test>'],
    ['Smith, John', '"Smith, John" <hello@acme.test>'],
    ['Dr. "Who"', '"Dr. \\"Who\\"" <hello@acme.test>'],
    ['eve@evil.test', '"eve@evil.test" <hello@acme.test>'],
    ['Zoë Müller', 'Zoë Müller <hello@acme.test>'],
  ])('quotes a sender’s name where that is needed: %s', (x, expected) => {
    expect(rendered(mail({ from: '{{x}} <hello@ACME.test>' }), { attributes: { x } })).toMatchObject({ from: expected })
  })

  it('keeps a name that the template has quoted', () => {
    expect(rendered(mail({ from: '"Acme, Inc." <hello@acme.test>' }))).toMatchObject({
      from: '"Acme, Inc." <hello@acme.test>',
    })
  })

  it('refuses a header that is too long for a line', () => {
    expect(render(mail({ subject: '{{x}}' }), { attributes: { x: 'a'.repeat(999) } })).toMatchObject({
      unsafe: [{ name: 'x', path: 'subject', reason: 'too_long' }],
    })
  })

  it('refuses media that is not on the web', () => {
    const content = { kind: 'text', body: 'x', mediaUrls: ['{{x}}'] } as const
    expect(rendered(content, { attributes: { x: 'https://a.test/p.png' } })).toMatchObject({
      mediaUrls: ['https://a.test/p.png'],
    })
    for (const x of ['javascript:alert(1)', 'file:///etc/passwd', '/p.png', 'ftp://a.test']) {
      expect(render(content, { attributes: { x } })).toMatchObject({
        unsafe: [{ path: 'mediaUrls.0', reason: 'not_a_web_url' }],
      })
    }
  })
})
