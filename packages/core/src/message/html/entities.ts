const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  colon: ':',
  sol: '/',
  Tab: '\t',
  NewLine: '\n',
}

/**
 * Replaces numeric character references and the few named ones that carry meaning in markup and URLs. Other named ones are left
 * as they are, so a caller that decides about safety must treat a remaining `&` as unknown.
 */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));?/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return Object.hasOwn(named, name) ? (named[name] ?? whole) : whole
    const code = hex === undefined ? Number.parseInt(decimal ?? '', 10) : Number.parseInt(hex, 16)
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'
  })
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}
const entityByCode = Array.from({ length: 128 }, (_, code) => entities[String.fromCharCode(code)])

/** Escapes a text so that it stays a text in HTML content and in attribute values within either kind of quotes. */
export function escapeHtml(text: string): string {
  let out = ''
  let from = 0
  for (let index = 0; index < text.length; index += 1) {
    const entity = entityByCode[text.charCodeAt(index)]
    if (entity === undefined) continue
    out += text.slice(from, index) + entity
    from = index + 1
  }
  return from === 0 ? text : out + text.slice(from)
}
