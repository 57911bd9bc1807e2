import { inboundMail, type ParsedReport } from '@drumbeat/core'

/** Reads a mail that a route forwarded in parts; raw MIME (a URL that ends in `mime`) is not read. */
export function parseInbound(fields: ReadonlyMap<string, Uint8Array>, receivedAt: number): readonly ParsedReport[] {
  const textOf = (name: string): string => new TextDecoder().decode(fields.get(name))
  const from = textOf('from') || textOf('sender')
  const head = textOf('message-headers')
  if (from === '' || head === '') return []
  const mail = inboundMail({
    from,
    to: textOf('recipient') || null,
    subject: textOf('subject'),
    text: textOf('stripped-text') || textOf('body-plain'),
    html: textOf('body-html'),
    headers: headersIn(head),
    receivedAt,
  })
  const token = textOf('token')
  return [token === '' ? mail : { ...mail, token }]
}

/** A JSON list of names and values; of a repeated header the first. */
function headersIn(json: string): Readonly<Record<string, string>> {
  try {
    const list: unknown = JSON.parse(json)
    const pairs = Array.isArray(list) ? list.filter(isPair).reverse() : []
    return Object.fromEntries(pairs)
  } catch {
    return {}
  }
}

function isPair(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string')
}
