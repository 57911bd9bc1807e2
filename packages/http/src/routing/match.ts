import { HttpProblem } from './problem.js'
import type { AnyRoute } from './route.js'

/** A route, and what the path says for its parameters. */
export interface Match {
  readonly route: AnyRoute
  readonly params: Readonly<Record<string, string>>
}

/** Finds routes by method and path. Literal parts of a path win over parameters. */
export function matcherOf(routes: readonly AnyRoute[]): (method: string, path: string) => Match {
  const table = routes
    .map((route) => ({ route, parts: route.path.split('/').slice(1) }))
    .sort((a, b) => a.parts.filter(isParameter).length - b.parts.filter(isParameter).length)
  /** By length and first part, which is literal in every route: what is left to compare is a handful. */
  const byStart = new Map<string, typeof table>()
  for (const entry of table) byStart.set(startOf(entry.parts), [...(byStart.get(startOf(entry.parts)) ?? []), entry])
  return (method, path) => {
    const given = path.split('/').slice(1).map(decoded)
    const found = (byStart.get(startOf(given)) ?? []).flatMap(({ route, parts }) => {
      const params = paramsOf(parts, given)
      return params === null ? [] : [{ route, params }]
    })
    const [literal] = found
    if (literal === undefined) throw new HttpProblem(404, 'no_such_route', `There is nothing at ${path.slice(0, 200)}.`)
    const wanted = method === 'HEAD' ? 'GET' : method
    const match = found.find(({ route }) => route.method === wanted)
    if (match !== undefined) return match
    const allow = [...new Set(found.map(({ route }) => route.method))].join(', ')
    throw new HttpProblem(405, 'method_not_allowed', `${method} is not possible here; ${allow} is.`, {
      headers: { allow },
    })
  }
}

/** Room for a token about a contact whose id is as long as ids may be. */
const mostChars = 4000

const startOf = (parts: readonly string[]): string => `${parts.length} ${parts[0]}`

const isParameter = (part: string): boolean => part.startsWith(':')

function paramsOf(parts: readonly string[], given: readonly string[]): Readonly<Record<string, string>> | null {
  if (parts.length !== given.length) return null
  const params: Record<string, string> = {}
  for (const [index, part] of parts.entries()) {
    const value = given[index] ?? ''
    if (!isParameter(part)) {
      if (part !== value) return null
      continue
    }
    if (value === '') return null
    params[part.slice(1)] = value
  }
  return params
}

/** What can name nothing is refused here, so that no store ever sees it. */
function decoded(part: string): string {
  let text: string
  try {
    text = decodeURIComponent(part)
  } catch {
    throw new HttpProblem(400, 'invalid_path', 'A part of the path is not percent-encoded UTF-8.')
  }
  if (text.length > mostChars || /[\p{Cc}\p{Cs}]/u.test(text)) {
    throw new HttpProblem(400, 'invalid_path', 'A part of the path is too long, or has a control character in it.')
  }
  return text
}
