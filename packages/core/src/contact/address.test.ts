import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressKey, normalizeAddress } from './address.js'

const breaking = ['\r\n', '\n', '\r', '\u0000', '\u000b', '\u0085', '\u2028', '\u2029', '\t', '\u007f']

describe('normalizeAddress for mail', () => {
  it.each([
    ['ana@example.com', 'ana@example.com'],
    [' Ana.Maria+news@Example.COM ', 'Ana.Maria+news@example.com'],
    ["o'neil@example.co.uk", "o'neil@example.co.uk"],
    ['a@b-c.io', 'a@b-c.io'],
    ['jörg@müller.de', 'jörg@xn--mller-kva.de'],
    ['x@xn--mller-kva.de', 'x@xn--mller-kva.de'],
  ])('accepts %s', (raw, address) => {
    expect(normalizeAddress('email', raw)).toEqual({ ok: true, address })
  })

  it.each([
    ...[
      '',
      ' ',
      'ana',
      'ana@',
      '@example.com',
      'a@b@c.com',
      'ana@example',
      'ana@localhost',
      'ana@.com',
      'ana@example..com',
    ],
    ...[
      '.ana@example.com',
      'ana.@example.com',
      'a..b@example.com',
      'ana @example.com',
      'ana@exa mple.com',
      'ana@-a.com',
    ],
    ...[
      'ana@example.123',
      'ana@[127.0.0.1]',
      'ana@127.0.0.1',
      '"ana"@example.com',
      'Ana <ana@example.com>',
      '<ana@example.com>',
    ],
    ...[
      'a@example.com,b@example.com',
      'a@example.com; b@example.com',
      'a@example.com b@example.com',
      'ana@exam_ple.com',
    ],
    ...[
      'ana\u200b@example.com',
      'ana@exam\u202eple.com',
      'ana@example.com(comment)',
      'ana@example.com/x',
      'ana@example.com:25',
    ],
    ...['ana@example.com?bcc=x', 'ana@exa%6dple.com', `${'a'.repeat(65)}@example.com`, `a@${'b'.repeat(64)}.com`],
    ...[`a@${'b.'.repeat(130)}com`, 'ana@example.com.', 'ana\ud800@example.com'],
  ])('refuses %j', (raw) => {
    expect(normalizeAddress('email', raw).ok).toBe(false)
  })
})

describe('normalizeAddress for phones', () => {
  it.each([
    ['+15005550006', '+15005550006'],
    ['+1 (500) 555-0006', '+15005550006'],
    ['001 500 555 0006', '+15005550006'],
    ['+44 (0)20 7946 0958', '+442079460958'],
    ['+49.151/23456789', '+4915123456789'],
    ['\u202a+1 500\u00a0555\u20110006\u202c', '+15005550006'],
    ['＋１５００５５５０００６', '+15005550006'],
    ['+290 12345', '+29012345'],
  ])('accepts %s', (raw, address) => {
    expect(normalizeAddress('phone', raw)).toEqual({ ok: true, address })
  })

  it.each([
    ...[
      '',
      '5005550006',
      '0500 555 0006',
      '+0150055500',
      '+1500555000',
      '+150055500066',
      '+1234',
      '+1234567890123456',
      '++15005550006',
    ],
    ...[
      '+15005550006,+15005550007',
      '+15005550006;1',
      '+15005550006 +15005550007',
      '+15005550006 x12',
      'tel:+15005550006',
      'STOP',
    ],
    ...['+1500555٠٠٠٦', '12345', '+15005550006#1', '+1 500 555 0006\n+1 500 555 0007'],
  ])('refuses %j', (raw) => {
    expect(normalizeAddress('phone', raw).ok).toBe(false)
  })
})

describe('normalizeAddress', () => {
  it.each(breaking)('refuses %j anywhere in an address of any kind', (character) => {
    for (const [kind, address] of [
      ['email', 'ana@example.com'],
      ['phone', '+15005550006'],
      ['other', 'token-1'],
    ] as const) {
      for (const raw of [`${address}${character}`, `${character}${address}`, `${address}${character}x`]) {
        expect(normalizeAddress(kind, raw)).toMatchObject({
          ok: false,
          problem: expect.stringContaining('control character'),
        })
      }
    }
  })

  it('takes any other address as it is', () => {
    expect(normalizeAddress('other', ' fcm:Abc_1-2 ')).toEqual({ ok: true, address: 'fcm:Abc_1-2' })
    expect(normalizeAddress('other', 'x'.repeat(4097)).ok).toBe(false)
  })

  it('changes nothing when applied again, and never puts the address into the problem', () => {
    const addresses = fc.oneof(
      fc.emailAddress(),
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[+0-9 ()-]{1,20}$/),
    )
    fc.assert(
      fc.property(fc.constantFrom('email', 'phone', 'other'), addresses, (kind, raw) => {
        const once = normalizeAddress(kind, raw)
        if (once.ok) {
          expect(normalizeAddress(kind, once.address)).toEqual(once)
          expect(once.address).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
          if (kind !== 'other') expect(once.address).not.toMatch(/[\s,;<>]/)
        } else if (raw.trim().length > 12) {
          expect(once.problem).not.toContain(raw.trim())
        }
      }),
    )
  })

  it('has one key for every way to write the case', () => {
    expect(addressKey('Ana@example.com')).toBe(addressKey('ana@example.com'))
  })
})
