import { describe, expect, it } from 'vitest'
import { ownText, textOfHtml } from './own-text.js'

describe('ownText', () => {
  it.each([
    ['On Tue, Mar 3, 2026 at 9:00 AM Acme <hello@acme.test> wrote:'],
    ['Am Di., 3. März 2026 um 09:00 Uhr schrieb Acme <hello@acme.test>:'],
    ['Le mar. 3 mars 2026 à 09:00, Acme <hello@acme.test> a écrit :'],
    ['El mar, 3 mar 2026 a las 9:00, Acme escribió:'],
    ['Il giorno mar 3 mar 2026 alle ore 09:00 Acme ha scritto:'],
    ['Em ter., 3 de mar. de 2026 às 09:00, Acme escreveu:'],
    ['Op di 3 mrt 2026 om 09:00 schreef Acme:'],
    ['On Tue, Mar 3, 2026 at 9:00 AM Acme\n<hello@acme.test> wrote:'],
    ['-----Original Message-----'],
    ['________________________________\nFrom: Acme <hello@acme.test>\nSent: Tuesday\nTo: Ana\nSubject: Hi'],
    ['Von: Acme\nGesendet: Dienstag\nAn: Ana\nBetreff: Hallo'],
  ])('cuts what follows "%s"', (introduction) => {
    const text = `Yes, gladly.\n\n${introduction}\n\nWould you like to come?\nStop by on Tuesday.`
    expect(ownText(text).replace(/^_+$/m, '').trim()).toBe('Yes, gladly.')
  })

  it('keeps answers below and between quoted lines', () => {
    const text = 'On Tue Acme wrote:\n> First?\nYes.\n> Second?\n>> deeper\nNo.\n'
    expect(ownText(text)).toBe('Yes.\nNo.')
  })

  it('drops signatures', () => {
    expect(ownText('Stop\r\n\r\n-- \r\nAna\r\nAcme Inc.')).toBe('Stop')
    expect(ownText('Stop\n\nSent from my iPhone')).toBe('Stop')
    expect(ownText('Yes\n-- \nAna\n> quoted\nbelow')).toBe('Yes\nbelow')
  })

  it.each(['On Tuesday I wrote: hello', 'From: here to there', 'Le chat', '> ', 'a - b', 'On\n\nwrote:'])(
    'does not mistake %j',
    (text) => {
      expect(ownText(text)).toBe(text === '> ' ? '' : text)
    },
  )

  it('is empty when all is quoted, and quick when all is odd', () => {
    expect(ownText('> a\n> b')).toBe('')
    const startedAt = performance.now()
    for (const odd of ['On '.repeat(30_000), '-- \n> \n'.repeat(9_000), `${'On xxxx wrote:\n> \n'.repeat(3_000)}`])
      ownText(odd)
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })
})

describe('textOfHtml', () => {
  it('gives what a reader sees, one block a line, quotations marked', () => {
    const html =
      '<html><head><title>x</title><style>p{}</style></head><body><p>Yes &amp;\n no&nbsp;!</p><div>More<br>lines</div><!-- c -->' +
      '<blockquote type="cite"><p>Quoted</p><blockquote>deep</blockquote></blockquote><p>Bye</p><script>alert(1)</script></body></html>'
    expect(ownText(textOfHtml(html))).toBe('Yes & no !\n\nMore\nlines\n\nBye')
    expect(textOfHtml(html)).toContain('> Quoted')
  })
})
