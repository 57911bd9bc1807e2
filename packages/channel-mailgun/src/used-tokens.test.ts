import { describe, expect, it } from 'vitest'
import { usedTokens } from './used-tokens.js'

const webhook = (token: string, id: string) => ({
  method: 'POST',
  url: 'https://acme.test/',
  headers: { 'content-type': 'application/json' },
  body: new TextEncoder().encode(
    JSON.stringify({ signature: { timestamp: '1', token, signature: 's' }, 'event-data': { id } }),
  ),
  receivedAt: 0,
})
const route = (token: string, boundary: string, text: string) => ({
  ...webhook(token, ''),
  headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  body: new TextEncoder().encode(
    `${Object.entries({ timestamp: '1', token, signature: 's', 'body-plain': text })
      .map(([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
      .join('')}--${boundary}--\r\n`,
  ),
})

describe('usedTokens', () => {
  it('takes every copy of a content, and no other content with the same token', () => {
    const mayUse = usedTokens()
    expect([webhook('a', '1'), webhook('a', '1'), webhook('a', '2'), webhook('b', '2')].map(mayUse)).toEqual([
      true,
      true,
      false,
      true,
    ])
  })

  it('knows a form again that was sent with another boundary', () => {
    const mayUse = usedTokens()
    const sent = [route('a', 'x', 'Hello'), route('a', 'y', 'Hello'), route('a', 'z', 'Stop')]
    expect(sent.map(mayUse)).toEqual([true, true, false])
  })

  it('takes nothing without a token', () => {
    expect(usedTokens()({ ...webhook('a', '1'), body: new Uint8Array() })).toBe(false)
  })

  it('remembers the latest, and no more than it has room for', () => {
    const mayUse = usedTokens()
    for (let n = 0; n <= 20_000; n++) mayUse(webhook(`t${n}`, '1'))
    expect(mayUse(webhook('t20000', '2'))).toBe(false)
    expect(mayUse(webhook('t1', '2'))).toBe(false)
    expect(mayUse(webhook('t0', '2'))).toBe(true)
  })
})
