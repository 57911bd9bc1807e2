import type * as z from 'zod'
import type { apiRoutes } from '../routes/index.js'
import type { ProblemDetails } from '../routing/problem.js'
import type { ApiRoute, Params } from '../routing/route.js'
import { operations } from './operations.js'

type Route = (typeof apiRoutes)[number]
type RouteOf<Operation extends string, Any = Route> = Any extends { readonly operation: Operation } ? Any : never

/** The names of the API's operations. */
export type Operation = Route['operation']

type GivenTo<Any> =
  Any extends ApiRoute<string, infer Path, infer Query, infer Body, z.ZodType>
    ? (keyof Params<Path> extends never ? unknown : { readonly params: Params<Path> }) &
        (Query extends z.ZodUndefined ? unknown : { readonly query?: z.input<Query> }) &
        (Body extends z.ZodUndefined ? unknown : { readonly body: z.input<Body> })
    : never

type ResultOf<Any> = Any extends ApiRoute<string, string, z.ZodType, z.ZodType, infer Result> ? z.output<Result> : never

/** What goes with any call. */
export interface CallOptions {
  /** The revision that is changed: becomes `If-Match`. `*` = whichever it is. */
  readonly revision?: number | '*'
  /** Makes a retry harmless where the operation takes it: becomes `Idempotency-Key`. */
  readonly idempotencyKey?: string
  /** The body of an operation that takes a file, and what it is. */
  readonly file?: { readonly type: string; readonly content: BodyInit }
  readonly signal?: AbortSignal
}

/** One method per operation of the API, with the types of its schemas. Each rejects with {@link ApiProblem} when it is refused. */
export type Client = {
  readonly [Name in Operation]: CallOptions extends GivenTo<RouteOf<Name>>
    ? (given?: GivenTo<RouteOf<Name>> & CallOptions) => Promise<ResultOf<RouteOf<Name>>>
    : (given: GivenTo<RouteOf<Name>> & CallOptions) => Promise<ResultOf<RouteOf<Name>>>
}

/** The API refused a call, and says why. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    /** Null = the answer was none of the API's: a proxy's, say. */
    readonly details: ProblemDetails | null,
  ) {
    super(details?.detail ?? `The API answered ${status}.`)
    this.name = 'ApiProblem'
  }
}

/** A client of the API. Where cookies say who asks, leave `key` out. */
export function createClient(options: {
  /** The `publicUrl` of the handler. */
  readonly baseUrl: string
  readonly key?: string
  /** Default: the global one. */
  readonly fetch?: (request: Request) => Promise<Response>
}): Client {
  const { baseUrl, key, fetch = globalThis.fetch } = options
  const call = async (operation: Operation, given: Given = {}): Promise<unknown> => {
    const [method = '', path = ''] = operations[operation].split(' ')
    const { params = {}, query = {}, body, file, revision, idempotencyKey, signal } = given
    const url = new URL(
      baseUrl.replace(/\/$/, '') + path.replace(/:(\w+)/g, (_, name) => encodeURIComponent(params[name] ?? '')),
    )
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value))
    const type = file?.type ?? (body === undefined ? undefined : 'application/json')
    const content = file?.content ?? (body === undefined ? undefined : JSON.stringify(body))
    const headers = {
      accept: 'application/json',
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(type === undefined ? {} : { 'content-type': type }),
      ...(revision === undefined ? {} : { 'if-match': revision === '*' ? '*' : `"r${revision}"` }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    }
    const init = {
      method,
      headers,
      signal,
      body: content,
      ...(content instanceof ReadableStream ? { duplex: 'half' } : {}),
    }
    return read(await fetch(new Request(url, init as RequestInit)))
  }
  const methods = Object.keys(operations).map((name) => [name, (given?: Given) => call(name as Operation, given)])
  return Object.fromEntries(methods) as Client
}

interface Given extends CallOptions {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

async function read(response: Response): Promise<unknown> {
  const type = response.headers.get('content-type') ?? ''
  if (!response.ok) {
    const details = type.includes('application/problem+json') ? ((await response.json()) as ProblemDetails) : null
    throw new ApiProblem(response.status, details)
  }
  return type.includes('application/json') ? response.json() : undefined
}
