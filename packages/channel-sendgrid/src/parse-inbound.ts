import { formFields, inboundMail, mailHead, type ParsedReport, type RawReport } from '@drumbeat/core'

/** Reads a mail that Inbound Parse received. Its option "POST the raw, full MIME message" has to be off. */
export function parseInbound(report: RawReport): readonly ParsedReport[] {
  const fields = formFields(report)
  const charsets = jsonObject(decoded(fields.get('charsets'), 'utf-8'))
  const textOf = (name: string): string => decoded(fields.get(name), charsets[name])
  const from = textOf('from')
  const head = textOf('headers')
  if (from === '' || head === '') return []
  const { to } = jsonObject(textOf('envelope'))
  const mail = inboundMail({
    from,
    to: Array.isArray(to) && typeof to[0] === 'string' ? to[0] : textOf('to') || null,
    subject: textOf('subject'),
    text: textOf('text'),
    html: textOf('html'),
    headers: mailHead(head),
    receivedAt: report.receivedAt,
  })
  return [mail]
}

function decoded(bytes: Uint8Array | undefined, charset: unknown): string {
  if (bytes === undefined) return ''
  try {
    return new TextDecoder(typeof charset === 'string' ? charset : 'utf-8').decode(bytes)
  } catch {
    return new TextDecoder().decode(bytes)
  }
}

function jsonObject(text: string): { readonly [name: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
