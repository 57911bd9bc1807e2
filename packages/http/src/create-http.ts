import { takesWebhooksQuickly } from './adapters/quick-webhooks.js'
import { routes } from './routes/index.js'
import { matcherOf } from './routing/match.js'
import { perform } from './routing/perform.js'
import { problemOf } from './routing/problem.js'
import { type HttpOptions, readWiring } from './wiring.js'

/** Answers every request, and never rejects: what goes wrong is an answer of `application/problem+json`. */
export type HttpHandler = (request: Request) => Promise<Response>

/**
 * Drumbeat over HTTP, by the fetch standard: mount it in Hono or Next as it is, in Express and Node's `http` through an adapter.
 * Whatever the framework does, the handler must be given the body's bytes as they came.
 * @throws {ConfigurationError} when the wiring cannot work, with a sentence that says what to do.
 */
export function createHttp(options: HttpOptions): HttpHandler {
  const wiring = readWiring(options)
  const { drumbeat, clock, basePath, publicUrl } = wiring
  const match = matcherOf(routes)
  const handle: HttpHandler = async (request) => {
    try {
      const { pathname, search } = new URL(request.url)
      const path = pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : pathname
      const { route, params } = match(request.method, path)
      const given = { drumbeat, clock, wiring, request, publicUrl: new URL(publicUrl + path + search), params }
      const response = await perform(route, given)
      return request.method === 'HEAD' ? await headOf(response) : response
    } catch (error) {
      const { response, unexpected } = problemOf(error)
      if (unexpected) wiring.onError(error, request)
      return response
    }
  }
  takesWebhooksQuickly(handle, wiring)
  return handle
}

async function headOf(response: Response): Promise<Response> {
  await response.body?.cancel()
  return new Response(null, response)
}
