import type { RawReport } from '../ports/channel.js'

/** A header of a webhook's request, by name in any case; null = it has none. */
export function headerOf({ headers }: Pick<RawReport, 'headers'>, name: string): string | null {
  const wanted = name.toLowerCase()
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === wanted)
  return found?.[1] ?? null
}

const decoder = new TextDecoder()

/** The body as text. Bytes that are not UTF-8 become U+FFFD: verify the bytes themselves, never this. */
export function bodyText({ body }: Pick<RawReport, 'body'>): string {
  return decoder.decode(body)
}

/** The body as JSON; undefined = it is none. */
export function bodyJson(report: Pick<RawReport, 'body'>): unknown {
  try {
    return JSON.parse(bodyText(report))
  } catch {
    return undefined
  }
}
