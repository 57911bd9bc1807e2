import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileTemplate } from './render.js'
import { mail, render, renderedHtml, renderedText, versionOf } from './test-builders.js'

const attacks = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</title><script>alert(1)</script>',
  '-->alert<!--',
  '`alert(1)`',
  '{{constructor}}',
  '&lt;script&gt;',
  '\u0000<b>',
]

describe('values in HTML', () => {
  it.each(attacks)('stay text in content: %s', (attack) => {
    expect(renderedHtml('<p>{{x}}</p>', { x: attack })).toMatch(/^<p>[^<>"'`\p{Cc}]*<\/p>$/u)
  })

  it.each(attacks)('cannot leave an attribute in either quotes: %s', (attack) => {
    expect(renderedHtml('<p title="{{x}}">', { x: attack })).toMatch(/^<p title="[^<>"'`\p{Cc}]*">$/u)
    expect(renderedHtml("<p title='{{x}}'>", { x: attack })).toMatch(/^<p title='[^<>"'`\p{Cc}]*'>$/u)
  })

  it('are not filled in again when they look like tokens', () => {
    expect(renderedHtml('<p>{{x}}</p>', { x: '{{secret}}', secret: 's' })).toBe('<p>{{secret}}</p>')
  })

  it('cannot end a comment', () => {
    expect(renderedHtml('<!-- {{x}}> --><p>', { x: '--' })).toBe('<!-- &#45;&#45;> --><p>')
  })

  it('are escaped inside the conditional comments that Outlook reads', () => {
    const html = '<!--[if mso]><v:roundrect href="{{url}}" alt="{{x}}"><![endif]--><p>{{x}}</p>'
    expect(renderedHtml(html, { url: 'javascript:alert(1)', x: '"<' })).toBe(
      '<!--[if mso]><v:roundrect href="#" alt="&quot;&lt;"><![endif]--><p>&quot;&lt;</p>',
    )
  })

  it.each(['red', '#0a0b0c', '12px', '0 auto', '100%', 'Helvetica Neue, Arial', 'rgb(1, 2, 3)', 'hsla(1 2% 3% / .5)'])(
    'may be a color, size or name in a style: %s',
    (value) => {
      expect(renderedHtml('<p style="color:{{x}}">', { x: value })).toBe(`<p style="color:${value}">`)
      expect(renderedHtml('<style>p { color: {{x}} }</style>', { x: value })).toContain(`color: ${value} }`)
    },
  )

  it.each([
    'red;background:url(//evil.test)',
    'expression(alert(1))',
    'url(javascript:alert(1))',
    '"x"',
    '</style>',
    '\\65',
  ])('may be nothing else in a style: %s', (value) => {
    for (const html of ['<p style="color:{{x}}">', '<style>p{color:{{x}}}</style>']) {
      expect(render(mail({ html }), { attributes: { x: value } })).toMatchObject({
        ok: false,
        unsafe: [{ name: 'x', path: 'html', reason: 'not_a_style_value' }],
      })
    }
  })

  it('may be a web URL where a style takes one, and cannot leave its brackets', () => {
    const html = '<td style="background:url(\'{{x}}\')">'
    expect(renderedHtml(html, { x: "https://a.test/x_(1)'.png" })).toBe(
      '<td style="background:url(\'https://a.test/x_%281%29%27.png\')">',
    )
    expect(render(mail({ html }), { attributes: { x: 'javascript:alert(1)' } }).ok).toBe(false)
  })

  it.each([
    ['a tag’s name', '<h{{x}}>'],
    ['a tag', '<p {{x}}>'],
    ['an attribute’s name', '<p data-{{x}}="1">'],
    ['an unquoted value', '<p title={{x}}>'],
    ['the rest of an unquoted value', '<a href=https://a.test/{{x}}>'],
    ['an event handler', '<p onclick="f(\'{{x}}\')">'],
    ['a script', '<script>f("{{x}}")</script>'],
    ['an attribute of a script', '<script src="{{x}}"></script>'],
    ['an iframe', '<iframe src="{{x}}"></iframe>'],
    ['srcdoc', '<p srcdoc="{{x}}">'],
    ['a meta tag', '<meta http-equiv="refresh" content="0;url={{x}}">'],
    ['an animation', '<set attributeName="href" to="{{x}}">'],
    ['a base', '<base href="{{x}}">'],
    ['a doctype', '<!doctype {{x}}>'],
    ['noscript, which some read as markup', '<noscript>{{x}}</noscript>'],
  ])('are refused in %s when the template is compiled', (_, html) => {
    expect(() => compileTemplate(versionOf(mail({ html })))).toThrow(/a token cannot stand/)
  })

  it.each([
    ['opens a quote', '<p {{#a}}title="{{/a}}x">'],
    ['closes a quote', '<p title="{{#a}}x" lang="{{/a}}">'],
    ['closes and opens the same attribute', '<p title="{{#a}}" title="{{/a}}">'],
    ['opens a tag', '{{#a}}<p {{/a}}>'],
    ['opens a style', '{{#a}}<style>{{/a}}</style>'],
    ['opens a comment', '{{#a}}<!--{{/a}}-->'],
  ])('are refused behind a section that %s', (_, html) => {
    expect(() => compileTemplate(versionOf(mail({ html })))).toThrow(/section/)
  })

  it('may stand in sections that leave the HTML as they found it', () => {
    const html =
      '<td {{#wide}}colspan="{{n}}" nowrap{{/wide}} class="a{{#wide}} b{{/wide}}">{{#wide}}<b>{{n}}</b>{{/wide}}</td>'
    expect(renderedHtml(html, { wide: true, n: 2 })).toBe('<td colspan="2" nowrap class="a b"><b>2</b></td>')
    expect(renderedHtml(html, {})).toBe('<td  class="a"></td>')
  })

  it('are refused unescaped outside content, trusted or not', () => {
    const version = versionOf(mail({ html: '<p title="{{{x}}}">' }), { trusted: ['x'] })
    expect(() => compileTemplate(version)).toThrow(/must be escaped; write {{x}}/)
  })

  it('cannot be told from text by any escaping trick', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (x) => {
        fc.pre(x.trim() !== '')
        const html = renderedHtml('<a title="{{x}}" href="https://a.test/?q={{x}}">{{x}}</a>', { x })
        expect(html).toMatch(/^<a title="[^"<>]*" href="https:\/\/a\.test\/\?q=[^"<>\s&]*">[^<>]*<\/a>$/)
      }),
    )
  })

  it('shows a fallback written with entities once escaped', () => {
    expect(renderedHtml('<p>{{x | you &amp; yours}} {{y | "a < b"}}</p>', {})).toBe('<p>you &amp; yours a &lt; b</p>')
  })
})

describe('values in URLs', () => {
  it.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    ' javascript:alert(1)',
    '\tjavascript:alert(1)',
    'java\nscript:alert(1)',
    'java\u0000script:alert(1)',
    'java\u200bscript:alert(1)',
    '\u202ejavascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:msgbox(1)',
    'file:///etc/passwd',
    'blob:https://a.test/1',
    'intent://x#Intent;end',
  ])('become # when they lead elsewhere than to the web, a mail or a call: %j', (x) => {
    expect(renderedHtml('<a href="{{x}}">', { x })).toBe('<a href="#">')
    expect(renderedHtml("<img src='{{x}}'>", { x })).toBe("<img src='#'>")
    expect(renderedHtml('<a xlink:href=" {{x}}">', { x })).toBe('<a xlink:href="#">')
  })

  it('become # also when only together with the template they are dangerous', () => {
    expect(renderedHtml('<a href="java{{x}}">', { x: 'script:alert(1)' })).toBe('<a href="#">')
    expect(renderedHtml('<a href="{{a}}{{b}}">', { a: 'javascript', b: ':alert(1)' })).toBe('<a href="#">')
    expect(renderedHtml('<a href="&#106;avascript{{x}}">', { x: ':alert(1)' })).toBe('<a href="#">')
    expect(renderedHtml('<a href="&#32;{{x}}">', { x: 'javascript:alert(1)' })).toBe('<a href="#">')
    expect(renderedHtml('<a href="javascript&colon;{{x}}">', { x: 'alert(1)' })).toBe('<a href="#">')
    expect(renderedHtml('<a href="&Zopf;{{x}}">', { x: 'javascript:alert(1)' })).toBe('<a href="#">')
    expect(renderedHtml('<a href="{{#s}}{{.}}{{/s}}">', { s: ['java', 'script:', 'x'] })).toBe('<a href="#">')
  })

  it.each([
    ['https://a.test/x?y=1&z=2#f', 'https://a.test/x?y=1&amp;z=2#f'],
    ['http://a.test', 'http://a.test'],
    ['mailto:ana@example.com', 'mailto:ana@example.com'],
    ['tel:+15005550006', 'tel:+15005550006'],
    ['//a.test/x', '//a.test/x'],
    ['#top', '#top'],
    ['https://a.test/a%20b', 'https://a.test/a%20b'],
    ['https://a.test/a b"c', 'https://a.test/a%20b%22c'],
    ['https://a.test/né', 'https://a.test/n%C3%A9'],
    ['https://a.test/\u202egnp.exe', 'https://a.test/gnp.exe'],
  ])('keep their structure as a whole URL: %s', (x, expected) => {
    expect(renderedHtml('<a href="{{x}}">', { x })).toBe(`<a href="${expected}">`)
  })

  it.each([
    ['query', 'https://a.test/?q={{x}}', 'a&b=c d/#', 'https://a.test/?q=a%26b%3Dc%20d%2F%23'],
    ['fragment', 'https://a.test/#{{x}}', 'a b', 'https://a.test/#a%20b'],
    ['path', 'https://a.test/u/{{x}}', 'a b/c', 'https://a.test/u/a%20b/c'],
    ['host', 'https://{{x}}.acme.test/', 'evil.test/', 'https://evil.test%2F.acme.test/'],
    ['host with credentials', 'https://acme.test{{x}}', '@evil.test', 'https://acme.test%40evil.test'],
    ['host followed by a path', 'https://acme.test{{x}}', '/orders?id=3', 'https://acme.test/orders?id=3'],
    ['host with a port', 'http://{{x}}/u', 'localhost:3000', 'http://localhost:3000/u'],
    ['mail address', 'mailto:{{x}}', 'ana+1@a.test?bcc=eve@b.test', 'mailto:ana+1@a.test%3Fbcc%3Deve@b.test'],
  ])('are encoded for the %s', (_, url, x, expected) => {
    expect(renderedHtml(`<a href="${url}">`, { x })).toBe(`<a href="${expected}">`)
  })

  it('see what stands before them, through sections and partials', () => {
    const html = '<a href="https://a.test/{{#q}}?q={{/q}}{{> p}}">'
    expect(renderedHtml(html, { q: true, x: 'a/b' }, { partials: { p: '{{x}}' } })).toBe(
      '<a href="https://a.test/?q=a%2Fb">',
    )
    expect(renderedHtml(html, { q: false, x: 'a/b' }, { partials: { p: '{{x}}' } })).toBe(
      '<a href="https://a.test/a/b">',
    )
  })

  it('leave the author’s own URLs alone', () => {
    const html = '<a href="cid:logo"><img src="data:image/png;base64,AAAA"></a>'
    expect(renderedHtml(html, {})).toBe(html)
  })

  it('lose what cannot be seen in links that stand in text', () => {
    const x = 'https://bank.test/\u202emoc.live\u200b'
    expect(renderedHtml('<p>{{x}}</p>', { x })).toBe('<p>https://bank.test/moc.live</p>')
    expect(renderedHtml('<p>https://bank.test/{{x}}</p>', { x: '\u202emoc' })).toBe('<p>https://bank.test/moc</p>')
    expect(renderedText('See {{x}}', { x })).toBe('See https://bank.test/moc.live')
  })

  it('are encoded in links that stand in plain text', () => {
    expect(renderedText('https://a.test/?n={{n}}&c={{c}}.', { n: 'Ana Maria', c: 'a&b' })).toBe(
      'https://a.test/?n=Ana%20Maria&c=a%26b.',
    )
    expect(renderedText('{{site}}?n={{n}} {{n}}', { site: 'https://a.test/', n: 'A M' })).toBe(
      'https://a.test/?n=A%20M A M',
    )
  })
})

describe('values in plain text', () => {
  it('are not escaped', () => {
    expect(renderedText('{{x}}', { x: `<b>"Tom" & 'Jerry'</b> 1 < 2` })).toBe(`<b>"Tom" & 'Jerry'</b> 1 < 2`)
  })

  it('keep line ends, joiners and direction marks, and lose other controls', () => {
    expect(renderedText('{{x}}', { x: 'a\nb\tc\u0000\u0007\u001b👨\u200d👩 \u200fשלום' })).toBe(
      'a\nb\tc👨\u200d👩 \u200fשלום',
    )
  })
})
