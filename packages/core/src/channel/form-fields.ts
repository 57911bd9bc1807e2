import type { RawReport } from '../ports/channel.js'
import { bodyText, headerOf } from './raw-report.js'

/**
 * The fields of a form, URL-encoded or multipart, by name; of a repeated field the first. Uploaded files are left out. The values are
 * bytes, because a provider may name a character set for each. Empty when the body is no form.
 */
export function formFields(report: RawReport): ReadonlyMap<string, Uint8Array> {
  const type = headerOf(report, 'content-type') ?? ''
  const boundary = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(type)
  if (boundary !== null) return multipartFields(report.body, boundary[1] ?? boundary[2] ?? '')
  if (!/^application\/x-www-form-urlencoded/i.test(type)) return new Map()
  const encoder = new TextEncoder()
  const fields = new Map<string, Uint8Array>()
  for (const [name, value] of new URLSearchParams(bodyText(report))) {
    if (!fields.has(name)) fields.set(name, encoder.encode(value))
  }
  return fields
}

/** @see https://www.rfc-editor.org/rfc/rfc7578 */
function multipartFields(body: Uint8Array, boundary: string): ReadonlyMap<string, Uint8Array> {
  const fields = new Map<string, Uint8Array>()
  const delimiter = new TextEncoder().encode(`--${boundary}`)
  const emptyLine = new TextEncoder().encode('\r\n\r\n')
  let from = indexOf(body, delimiter, 0)
  while (from !== -1) {
    const start = from + delimiter.length
    from = indexOf(body, delimiter, start)
    if (from === -1) break
    const part = body.subarray(start, Math.max(start, from - 2))
    const headEnd = indexOf(part, emptyLine, 0)
    if (headEnd === -1) continue
    const head = new TextDecoder().decode(part.subarray(0, headEnd))
    const name = /^content-disposition:[^\r\n]*;\s*name="([^"\r\n]*)"/im.exec(head)?.[1]
    if (name === undefined || fields.has(name) || /;\s*filename\*?=/i.test(head)) continue
    fields.set(name, part.slice(headEnd + emptyLine.length))
  }
  return fields
}

function indexOf(body: Uint8Array, wanted: Uint8Array, from: number): number {
  const [first = 0] = wanted
  for (let at = body.indexOf(first, from); at !== -1; at = body.indexOf(first, at + 1)) {
    if (wanted.every((byte, index) => body[at + index] === byte)) return at
  }
  return -1
}
