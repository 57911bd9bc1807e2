import { decodeEntities } from '../message/html/entities.js'

const maxText = 64_000

/** How mail programs introduce the message that is answered. The line may be broken in two. */
const attribution =
  /^(?:on\b.{4,200}\bwrote|am\b.{4,200}\bschrieb\b.{0,100}|le\b.{4,200}\ba [ée]crit|el\b.{4,200}\bescribi[óo]|il\b.{4,200}\bha scritto|em\b.{4,200}\bescreveu|op\b.{4,200}\bschreef\b.{0,100}) ?:$/i

const originalMessage =
  /^[-_\s]{2,}(?:original message|urspr[üu]ngliche nachricht|message d'origine|mensaje original|messaggio originale|mensagem original|oorspronkelijk bericht)[-_\s]{2,}$/i

/** The head of a quoted message as Outlook writes it: a sender, and within three lines a date or a subject. */
const quotedSender = /^\*?(?:from|von|de|da|van) ?:\*? ?\S/i
const quotedHead =
  /^\*?(?:sent|date|subject|gesendet|datum|betreff|envoy[ée]|objet|enviado|fecha|asunto|inviato|data|oggetto|assunto|verzonden|onderwerp) ?:/i

/** A signature's delimiter (RFC 3676 section 4.3), and what phones add of their own accord. */
const signature =
  /^(?:-- ?|sent from my .{1,40}|get outlook for .{1,40}|von meinem .{1,40} gesendet|envoy[ée] de mon .{1,40})$/i

/**
 * What the writer of a mail wrote: quoted lines, the lines that introduce them, everything behind "Original Message", and the signature
 * are left out. What stands below or between quoted lines is kept. Where nothing else is left the text is empty.
 */
export function ownText(text: string): string {
  const lines = text.slice(0, maxText).replace(/\r\n?/g, '\n').split('\n')
  const kept: string[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = (lines[at] ?? '').trimEnd()
    if (isQuoted(line)) continue
    if (originalMessage.test(line.trim()) || isQuotedHead(lines, at)) break
    if (signature.test(line)) {
      const next = nextQuoted(lines, at)
      if (next === null) break
      at = next - 1
      continue
    }
    const introduces = attributionLines(lines, at)
    if (introduces > 0) {
      const next = firstNonEmpty(lines, at + introduces)
      if (next === null || !isQuoted(lines[next] ?? '')) break
      at = next - 1
      continue
    }
    kept.push(line)
  }
  return kept
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

/** The text of an HTML mail as its reader sees it, one block a line; what is quoted (`<blockquote>`) is marked as quoted. */
export function textOfHtml(html: string): string {
  let depth = 0
  const text = html
    .slice(0, maxText)
    .replace(/<!--[\s\S]*?(?:-->|$)/g, '')
    .replace(/<(style|script|head|title)\b[\s\S]*?(?:<\/\1\s*>|$)/gi, '')
    .replace(/\s+/g, ' ')
    .replace(/<br\b[^>]*>|<\/?(?:p|div|tr|li|h[1-6]|ul|ol|table|blockquote)\b[^>]*>/gi, (tag) =>
      /^<blockquote/i.test(tag) ? '\n\u0001\n' : /^<\/blockquote/i.test(tag) ? '\n\u0002\n' : '\n',
    )
    .replace(/<[^>]*>/g, '')
  const lines = text.split('\n').flatMap((raw) => {
    const line = raw.trim()
    if (line === '\u0001') depth += 1
    else if (line === '\u0002') depth = Math.max(0, depth - 1)
    else return [line === '' || depth === 0 ? line : `> ${line}`]
    return []
  })
  return decodeEntities(lines.join('\n'))
    .replace(/\u00a0/g, ' ')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

function isQuoted(line: string): boolean {
  return /^\s{0,3}>/.test(line)
}

/** How many lines introduce a quotation here; 0 = none do. */
function attributionLines(lines: readonly string[], at: number): number {
  const first = (lines[at] ?? '').trim()
  if (first === '') return 0
  if (attribution.test(first)) return 1
  return attribution.test(`${first} ${(lines[at + 1] ?? '').trim()}`) ? 2 : 0
}

function isQuotedHead(lines: readonly string[], at: number): boolean {
  if (!quotedSender.test((lines[at] ?? '').trim())) return false
  return lines.slice(at + 1, at + 4).some((line) => quotedHead.test(line.trim()))
}

function firstNonEmpty(lines: readonly string[], from: number): number | null {
  const found = lines.findIndex((line, index) => index >= from && line.trim() !== '')
  return found === -1 ? null : found
}

function nextQuoted(lines: readonly string[], from: number): number | null {
  const found = lines.findIndex((line, index) => index > from && isQuoted(line))
  return found === -1 ? null : found
}
