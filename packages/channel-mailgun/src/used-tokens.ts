import { createHash } from 'node:crypto'
import { bodyJson, formFields, type RawReport } from '@drumbeat/core'
import { tokenIn } from './verify-signature.js'

/** So many are remembered, the latest: a few megabytes. */
const remembered = 20_000

/**
 * Remembers what every token signed, and says whether a request brings it again or for the first time. Mailgun signs a token and no
 * content, so one that comes with another content was copied from a request that somebody has seen.
 */
export function usedTokens(): (report: RawReport) => boolean {
  const contents = new Map<string, string>()
  return (report) => {
    const token = tokenIn(report)
    if (token === null) return false
    const content = createHash('sha256').update(contentOf(report)).digest('base64')
    const known = contents.get(token)
    if (known !== undefined) return known === content
    const [oldest] = contents.keys()
    if (oldest !== undefined && contents.size >= remembered) contents.delete(oldest)
    contents.set(token, content)
    return true
  }
}

/** The same for every copy: not the bytes, since a form has another boundary each time it is sent. */
function contentOf(report: RawReport): string {
  const body = bodyJson(report)
  if (body !== undefined) return JSON.stringify(body)
  return JSON.stringify([...formFields(report)].map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]))
}
