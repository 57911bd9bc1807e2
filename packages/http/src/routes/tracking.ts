import { isDrumbeatError, literalLinks, type Workspace } from '@drumbeat/core'
import { isMachine } from '../links/machine.js'
import { hashOfUrl } from '../links/public-links.js'
import { readToken } from '../links/token.js'
import { HttpProblem } from '../routing/problem.js'
import { openRoute, type Surroundings } from '../routing/route.js'

/** One transparent pixel. */
const pixel = Uint8Array.from(atob('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'), (char) =>
  char.charCodeAt(0),
)

/** What people do with mails. What machines do is kept apart, and is never taken for a person's doing. */
export const trackingRoutes = [
  openRoute({
    method: 'GET',
    path: '/o/:token',
    operation: 'noticeOpen',
    summary: 'The invisible image of a mail. Whatever the token, the same image.',
    access: 'open',
    async run(call) {
      const [workspaceId, deliveryRef] = readToken(call.wiring.secrets, 'open', call.params.token) ?? []
      if (workspaceId !== undefined && deliveryRef !== undefined) {
        await notice(call, call.drumbeat.workspace(workspaceId), deliveryRef, 'opened')
      }
      return new Response(pixel, {
        headers: {
          'content-type': 'image/gif',
          'cache-control': 'no-store, private',
          'x-content-type-options': 'nosniff',
        },
      })
    },
  }),
  openRoute({
    method: 'GET',
    path: '/c/:token',
    operation: 'followLink',
    summary: 'Leads to a link of a mail. Where to is found in the template that the token names, never in the request.',
    access: 'open',
    async run(call) {
      const [workspaceId, deliveryRef, templateId, version, hash] =
        readToken(call.wiring.secrets, 'click', call.params.token) ?? []
      if (workspaceId === undefined || deliveryRef === undefined || templateId === undefined) throw nowhere()
      const workspace = call.drumbeat.workspace(workspaceId)
      const url = await targetOf(workspace, templateId, Number(version), hash)
      await notice(call, workspace, deliveryRef, 'clicked')
      return new Response(null, {
        status: 302,
        headers: { location: url, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
      })
    },
  }),
]

async function targetOf(workspace: Workspace, templateId: string, version: number, hash: string | undefined) {
  const template = await workspace.templates.get(templateId, version)
  const url = [...literalLinks(template)].find((link) => hashOfUrl(link) === hash)
  if (url === undefined) throw nowhere()
  return new URL(url).href
}

/** Takes in what was noticed. The person gets their image and their page also where it cannot be kept. */
async function notice(
  { request, clock, wiring }: Surroundings,
  workspace: Workspace,
  deliveryRef: string,
  what: 'opened' | 'clicked',
): Promise<void> {
  try {
    const { sentAt } = await workspace.delivery(deliveryRef)
    const now = clock.now()
    const kind = isMachine(request, { sentAt, now }) ? (`machine_${what}` as const) : what
    // Each kind counts once, at its first time.
    await workspace.report([
      { delivery: { deliveryRef }, facts: [{ kind, at: now }], dedupeKey: `tracking/${kind}/${deliveryRef}` },
    ])
  } catch (error) {
    if (!(isDrumbeatError(error) && error.code === 'not_found')) wiring.onError(error, request)
  }
}

function nowhere(): HttpProblem {
  return new HttpProblem(404, 'not_found', 'This link leads nowhere.')
}
