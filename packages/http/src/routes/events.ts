import type { TrackedEvent } from '@drumbeat/core'
import * as z from 'zod'
import { HttpProblem } from '../routing/problem.js'
import { apiRoute } from '../routing/route.js'
import { issuesOf } from '../routing/validate.js'
import { eventInput } from '../schemas/contact.js'

const write = { role: 'editor', scope: 'events:write' } as const
const mostEvents = 1000

/** What the host reports about contacts. Events are a record themselves, so the audit log keeps nothing of them. */
export const eventRoutes = [
  apiRoute({
    method: 'POST',
    path: '/v1/events',
    operation: 'trackEvent',
    summary: 'Reports that something happened to a contact. An Idempotency-Key counts as its id where it has none.',
    access: write,
    audit: 'none',
    body: eventInput,
    async run({ workspace, wiring, request, body }) {
      const key = idempotencyKeyOf(request)
      await wiring.track(workspace.id, { ...(key === null ? {} : { id: `idempotency/${key}` }), ...body })
      return { body: undefined }
    },
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/events/batch',
    operation: 'trackEvents',
    summary: 'Reports up to 1,000 events. Those that are not valid are refused by themselves; the others are taken.',
    access: write,
    audit: 'none',
    body: z.strictObject({
      events: z
        .array(z.unknown().meta({ $ref: '#/components/schemas/EventInput' }))
        .min(1)
        .max(mostEvents),
    }),
    result: z.strictObject({
      accepted: z.number(),
      duplicates: z.number(),
      refused: z.array(z.strictObject({ index: z.number(), problems: z.array(z.string()) })),
    }),
    status: 202,
    async run({ workspace, request, body }) {
      const key = idempotencyKeyOf(request)
      const good: TrackedEvent[] = []
      const refused: { index: number; problems: string[] }[] = []
      for (const [index, given] of body.events.entries()) {
        const { data: event, error } = eventInput.safeParse(given)
        if (event === undefined) {
          refused.push({ index, problems: issuesOf(error).map(({ message }) => message) })
          continue
        }
        good.push({ ...(key === null ? {} : { id: `idempotency/${key}/${index}` }), ...event })
      }
      const accepted = await workspace.trackAll(good)
      return { body: { accepted, duplicates: good.length - accepted, refused } }
    },
  }),
]

/** @throws {HttpProblem} 400 when it is not 1 to 200 printable ASCII characters. */
function idempotencyKeyOf(request: Request): string | null {
  const key = request.headers.get('idempotency-key')
  if (key === null || /^[\x21-\x7e]{1,200}$/.test(key)) return key
  throw new HttpProblem(400, 'invalid_idempotency_key', 'An Idempotency-Key has 1 to 200 printable ASCII characters.')
}
