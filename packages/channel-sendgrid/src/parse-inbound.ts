import { formFields, mailHead, ownText, type ParsedReport, type RawReport, sha256, textOfHtml } from '@drumbeat/core'

/** Reads a mail that Inbound Parse received. Its option "POST the raw, full MIME message" has to be off. */
export function parseInbound(report: RawReport): readonly ParsedReport[] {
  const fields = formFields(report)
  const charsets = jsonObject(decoded(fields.get('charsets'), 'utf-8'))
  const textOf = (name: string): string => decoded(fields.get(name), charsets[name])
  const from = textOf('from')
  const head = textOf('headers')
  if (from === '' || head === '') return []
  const headers = mailHead(head)
  const plain = textOf('text')
  const { to } = jsonObject(textOf('envelope'))
  const id = Object.entries(headers).find(([name]) => name.toLowerCase() === 'message-id')?.[1]
  return [
    {
      kind: 'inbound',
      dedupeKey: id ?? sha256(`${head}\n${plain}`),
      message: {
        from,
        to: Array.isArray(to) && typeof to[0] === 'string' ? to[0] : textOf('to') || null,
        subject: textOf('subject'),
        text: ownText(plain === '' ? textOfHtml(textOf('html')) : plain),
        headers,
        at: report.receivedAt,
      },
    },
  ]
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
