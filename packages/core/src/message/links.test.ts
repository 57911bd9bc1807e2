import { describe, expect, it } from 'vitest'
import { extractLinks, replaceLinks, unsubscribeHeaders } from './links.js'
import { mail } from './test-builders.js'

describe('extractLinks', () => {
  it('finds the targets of links in HTML, as a browser would open them', () => {
    const html =
      '<a href="https://a.test/?x=1&amp;y=2">A</a><A class=x HREF=\'http://b.test\'>B</A><area href=https://c.test/x>' +
      '<a href="mailto:a@b.test">M</a><a href="#top">T</a><img src="https://a.test/p.png"><link href="https://a.test/s.css">' +
      '<!-- <a href="https://no.test">N</a> --><script>"<a href=\'https://no.test\'>"</script><p title="https://no.test">https://no.test</p>'
    const links = extractLinks(mail({ html }))
    expect(links.map((link) => link.url)).toEqual(['https://a.test/?x=1&y=2', 'http://b.test', 'https://c.test/x'])
    expect(links.map((link) => html.slice(link.start, link.end))).toEqual([
      'https://a.test/?x=1&amp;y=2',
      'http://b.test',
      'https://c.test/x',
    ])
  })

  it.each([
    ['See https://a.test/x.', 'https://a.test/x'],
    ['(https://a.test/x)', 'https://a.test/x'],
    ['https://a.test/x_(y)', 'https://a.test/x_(y)'],
    ['<https://a.test/x>', 'https://a.test/x'],
    ['HTTPS://a.test/?a=b,c!', 'HTTPS://a.test/?a=b,c'],
    ['“https://a.test/x”', 'https://a.test/x'],
  ])('finds what readers take for a link in text: %s', (body, url) => {
    expect(extractLinks({ kind: 'text', body })).toMatchObject([{ path: 'body', url }])
  })

  it.each(['http://', 'https:// a', 'ftp://a.test', 'a.test'])('finds no link in %s', (body) => {
    expect(extractLinks({ kind: 'text', body })).toEqual([])
  })
})

describe('replaceLinks', () => {
  it('replaces targets, escaped where they stand, and nothing else', () => {
    const content = mail({
      html: '<a href="https://a.test/?x=1&amp;y=2">https://a.test/</a>',
      text: 'Go: https://a.test/!',
    })
    const track = (link: { url: string }) => `https://t.test/?u=${encodeURIComponent(link.url)}&d=1`
    expect(replaceLinks(content, track)).toEqual({
      ...content,
      html: '<a href="https://t.test/?u=https%3A%2F%2Fa.test%2F%3Fx%3D1%26y%3D2&amp;d=1">https://a.test/</a>',
      text: 'Go: https://t.test/?u=https%3A%2F%2Fa.test%2F&d=1!',
    })
  })
})

describe('unsubscribeHeaders', () => {
  it('promises one click for https', () => {
    expect(unsubscribeHeaders('https://acme.test/u/abc')).toEqual({
      'List-Unsubscribe': '<https://acme.test/u/abc>',
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    })
  })

  it('does not promise it for http', () => {
    expect(unsubscribeHeaders('http://localhost:3000/u')).toEqual({ 'List-Unsubscribe': '<http://localhost:3000/u>' })
  })

  it.each([
    'javascript:alert(1)',
    'https://a.test/\r\nBcc: x',
    'https://a.test/>,<https://b.test',
    '/u',
    'mailto:a@b.test',
    '',
  ])('refuses %j', (url) => {
    expect(() => unsubscribeHeaders(url)).toThrow(/must be an absolute http or https URL/)
  })
})
