import { type ConflictKind, type DrumbeatErrorCode, type Issue, isDrumbeatError } from '@drumbeat/core'

/** What an error answer says, after RFC 9457. `code` and `issues` are extensions of ours. */
export interface ProblemDetails {
  readonly type: 'about:blank'
  /** The status in words. */
  readonly title: string
  readonly status: number
  /** What was asked, what is wrong, and what is legal. */
  readonly detail: string
  /** A stable literal that code may branch on: a `DrumbeatErrorCode`, or one of this package. */
  readonly code: string
  /** Every culprit in the input, where there are any. */
  readonly issues?: readonly Pick<Issue, 'path' | 'message' | 'fix'>[]
}

/** Ends a request with an error answer. */
export class HttpProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly more: {
      readonly issues?: ProblemDetails['issues']
      readonly headers?: Readonly<Record<string, string>>
    } = {},
  ) {
    super(detail)
    this.name = 'HttpProblem'
  }
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
}

const statuses: Readonly<Record<DrumbeatErrorCode, number>> = {
  configuration: 422,
  sequence_invalid: 422,
  not_found: 404,
  conflict: 409,
  invalid_transition: 409,
  template: 422,
  channel: 502,
  storage: 503,
}

/** Conflicts that callers tell apart by their code. */
const kinds: { readonly [Kind in ConflictKind]?: number } = { stale: 412, suppressed: 409, over_budget: 429 }

/** The answer to an error, and whether nobody expected it: then it tells the caller nothing of what went wrong. */
export function problemOf(error: unknown): { readonly response: Response; readonly unexpected: boolean } {
  if (error instanceof HttpProblem) return { response: problemResponse(error), unexpected: false }
  if (!isDrumbeatError(error)) {
    const problem = new HttpProblem(
      500,
      'internal',
      'Something went wrong on our side. Nothing is known to be wrong with the request.',
    )
    return { response: problemResponse(problem), unexpected: true }
  }
  const { code, message, retryable } = error
  if (code === 'storage') {
    const problem = new HttpProblem(
      503,
      code,
      'The store cannot be used right now. Nothing was half-written; try again.',
      {
        headers: { 'retry-after': '5' },
      },
    )
    return { response: problemResponse(problem), unexpected: true }
  }
  const kind = 'kind' in error ? (error.kind as ConflictKind) : 'duplicate'
  const known = code === 'conflict' ? kinds[kind] : undefined
  const issues = 'issues' in error ? (error.issues as readonly Issue[]) : undefined
  const status = known ?? (retryable ? 503 : statuses[code])
  const problem = new HttpProblem(status, known === undefined ? code : kind, message, {
    ...(issues === undefined ? {} : { issues: issues.map(({ path, message, fix }) => ({ path, message, fix })) }),
    ...(retryable ? { headers: { 'retry-after': String(secondsUntil(error)) } } : {}),
  })
  return { response: problemResponse(problem), unexpected: false }
}

function secondsUntil(error: object): number {
  const ms = 'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? error.retryAfterMs : 0
  return Math.max(1, Math.ceil(ms / 1000))
}

function problemResponse({ status, code, message, more }: HttpProblem): Response {
  const { issues, headers } = more
  const details: ProblemDetails = {
    type: 'about:blank',
    title: titles[status] ?? 'Error',
    status,
    detail: message,
    code,
    ...(issues === undefined ? {} : { issues }),
  }
  return new Response(JSON.stringify(details), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  })
}
