import type { JsonObject } from '@drumbeat/core'
import { describeApi } from '../openapi/describe-api.js'
import { type AnyRoute, openRoute } from '../routing/route.js'

/** The description of these routes, as one more route. It holds no secret: schemas alone. */
export function descriptionRoute(routes: readonly AnyRoute[]) {
  let described: JsonObject | null = null
  return openRoute({
    method: 'GET',
    path: '/v1/openapi.json',
    operation: 'getDescription',
    summary: 'This document.',
    access: 'open',
    async run({ wiring }) {
      described ??= describeApi(routes)
      return Response.json(
        { ...described, servers: [{ url: wiring.publicUrl }] },
        { headers: { 'cache-control': 'no-cache' } },
      )
    },
  })
}
