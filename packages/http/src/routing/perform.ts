import { callerOf } from '../access/caller.js'
import { etagOf, isUnchanged } from './precondition.js'
import { readJson } from './read-body.js'
import type { AnyRoute, ApiRoute, Surroundings } from './route.js'
import { validate } from './validate.js'

/**
 * Carries out a request on its route: caller, query, body, work, audit, answer, in this order, so that strangers learn nothing of what
 * is valid.
 */
export async function perform(
  route: AnyRoute,
  given: Surroundings & { readonly params: Readonly<Record<string, string>> },
): Promise<Response> {
  return route.access === 'open' ? route.run(given) : performApi(route as ApiRoute, given)
}

async function performApi(
  route: ApiRoute,
  given: Surroundings & { readonly params: Readonly<Record<string, string>> },
): Promise<Response> {
  const { request, drumbeat, wiring, publicUrl, params } = given
  const caller = await callerOf(request, wiring.authorizers, route.access)
  const workspace = drumbeat.workspace(caller.workspaceId, { actor: caller.actor })
  const query =
    route.query === undefined
      ? undefined
      : validate(route.query, Object.fromEntries(publicUrl.searchParams), 'The query')
  const body =
    route.body === undefined
      ? undefined
      : validate(route.body, await readJson(request, wiring.limits.bodyBytes), 'The body')
  const {
    body: result,
    status,
    etag,
    stream,
    record = {},
  } = await route.run({ ...given, caller, workspace, query, body })
  if (route.audit !== 'core' && route.audit !== 'none') {
    const { subject = Object.values(params).join('/') || workspace.id, detail = {} } = record
    await workspace.record({ action: route.audit, subject, detail })
  }
  const headers = {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(etag === undefined ? {} : { etag }),
  }
  if (etag !== undefined && route.method === 'GET' && isUnchanged(request, etag)) {
    return new Response(null, { status: 304, headers })
  }
  if (stream !== undefined) {
    return new Response(stream, { headers: { ...headers, ...(route.emits && { 'content-type': route.emits }) } })
  }
  if (route.result === undefined) return new Response(null, { status: 204, headers })
  return new Response(JSON.stringify(result), {
    status: status ?? route.status ?? 200,
    headers: { ...headers, 'content-type': 'application/json' },
  })
}

/** The answer that shows something of which there are revisions. */
export function revised<Result extends { readonly revision: number }>(body: Result) {
  return { body, etag: etagOf(body.revision) }
}
