import type * as z from 'zod'
import { HttpProblem, type ProblemDetails } from './problem.js'

const mostIssues = 50

/** @throws {HttpProblem} 422 naming every part that is wrong; `what` names the whole: `The body`. */
export function validate<Schema extends z.ZodType>(schema: Schema, input: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const issues = issuesOf(result.error)
  const [first] = issues
  const detail = `${what} is not valid. ${first === undefined ? '' : `${first.message} ${first.fix}`}`.trim()
  throw new HttpProblem(422, 'invalid_input', detail, { issues })
}

/** What a schema objects to, by path, in the form of problem details. */
export function issuesOf({ issues }: z.core.$ZodError): NonNullable<ProblemDetails['issues']> {
  return issues.slice(0, mostIssues).map((issue) => {
    const { path, message } = issue
    const place = path.map(String).join('.')
    const fix = issue.code === 'custom' ? issue.params?.fix : undefined
    return {
      path: path.map((part) => (typeof part === 'number' ? part : String(part))),
      message: place === '' ? message : `"${place.slice(0, 200)}": ${message}`,
      fix: typeof fix === 'string' ? fix : 'See /v1/openapi.json for what it may be.',
    }
  })
}
