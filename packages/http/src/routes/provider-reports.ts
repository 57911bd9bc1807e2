import { isDrumbeatError, type ParsedReport, type RawReport } from '@drumbeat/core'
import { HttpProblem } from '../routing/problem.js'
import { readBytes } from '../routing/read-body.js'
import { openRoute, type Surroundings } from '../routing/route.js'
import type { WebhookAccount } from '../wiring.js'

/** What providers send: delivery reports and messages from contacts. */
export const providerRoutes = [
  openRoute({
    method: 'POST',
    path: '/webhooks/:accountId',
    operation: 'receiveReports',
    summary: 'A webhook of a provider. Believed only if it is signed for the account that the path names.',
    access: 'open',
    async run(call) {
      const { wiring, request, publicUrl, params } = call
      const body = await readBytes(request, wiring.limits.webhookBytes)
      const headers = Object.fromEntries(request.headers)
      await receiveReports(call, params.accountId, { method: request.method, url: publicUrl.href, headers, body })
      return new Response(received.body, { headers: received.headers })
    },
  }),
]

/** What Twilio needs to hear to send no answer to the contact; other providers look at the status alone. */
export const received = {
  body: '<Response/>',
  headers: { 'content-type': 'text/xml', 'content-length': '11' },
} as const

/**
 * Takes a provider's webhook in, as it came; durable when it resolves.
 * @throws {HttpProblem} 404 when there is no such account, 403 when the request is not signed for it.
 */
export async function receiveReports(
  given: Pick<Surroundings, 'drumbeat' | 'wiring' | 'clock'>,
  accountId: string,
  request: Omit<RawReport, 'receivedAt'>,
): Promise<void> {
  const account = await given.wiring.webhookAccount(accountId)
  if (account?.channel.verify === undefined || account.channel.parse === undefined) {
    throw new HttpProblem(404, 'not_found', 'There is no such account.')
  }
  const raw = { ...request, receivedAt: given.clock.now() }
  if (!(await account.channel.verify(raw))) {
    throw new HttpProblem(403, 'bad_signature', 'The request is not signed by the provider for this account.')
  }
  await takeIn(given, account, await account.channel.parse(raw))
}

/** Durable when it resolves, and once: the same report again changes nothing. */
async function takeIn(
  { drumbeat, wiring }: Pick<Surroundings, 'drumbeat' | 'wiring'>,
  { workspaceId, channel }: WebhookAccount,
  parsed: readonly ParsedReport[],
): Promise<void> {
  const reported: Promise<void>[] = []
  for (const report of parsed) {
    const key = `${channel.name}/${report.dedupeKey}`
    if (report.kind === 'inbound') {
      const { message, token } = report
      const identity = { id: key, ...(token === undefined ? {} : { token }) }
      await drumbeat.workspace(workspaceId).receive({ ...message, channel: channel.name }, identity)
      continue
    }
    const { delivery, facts } = report
    const named = 'deliveryRef' in delivery ? delivery : { channel: channel.name, providerId: delivery.providerId }
    reported.push(wiring.report(workspaceId, { delivery: named, facts, dedupeKey: key }).catch(unlessForeign))
  }
  await Promise.all(reported)
}

/** A report on a delivery that is not ours is left out; the others of its request count. */
function unlessForeign(error: unknown): void {
  if (!(isDrumbeatError(error) && error.code === 'not_found')) throw error
}
