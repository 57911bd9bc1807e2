import { type Channel, type DeliveryReport, isDrumbeatError, type ParsedReport, type Workspace } from '@drumbeat/core'
import { HttpProblem } from '../routing/problem.js'
import { readBytes } from '../routing/read-body.js'
import { openRoute } from '../routing/route.js'

/** What providers send: delivery reports and messages from contacts. */
export const providerRoutes = [
  openRoute({
    method: 'POST',
    path: '/webhooks/:accountId',
    operation: 'receiveReports',
    summary: 'A webhook of a provider. Believed only if it is signed for the account that the path names.',
    access: 'open',
    async run({ drumbeat, wiring, clock, request, publicUrl, params }) {
      const account = await wiring.webhookAccount(params.accountId)
      const body = await readBytes(request, wiring.limits.webhookBytes)
      const { channel, workspaceId } = account ?? {}
      if (channel?.verify === undefined || channel.parse === undefined || workspaceId === undefined) {
        throw new HttpProblem(404, 'not_found', 'There is no such account.')
      }
      const headers = Object.fromEntries(request.headers)
      const raw = { method: request.method, url: publicUrl.href, headers, body, receivedAt: clock.now() }
      if (!(await channel.verify(raw))) {
        throw new HttpProblem(403, 'bad_signature', 'The request is not signed by the provider for this account.')
      }
      await takeIn(drumbeat.workspace(workspaceId), channel, await channel.parse(raw))
      // What Twilio needs to hear to send no answer to the contact; other providers look at the status alone.
      return new Response('<Response/>', { headers: { 'content-type': 'text/xml' } })
    },
  }),
]

/** Durable when it resolves, and once: the same report again changes nothing. */
async function takeIn(workspace: Workspace, channel: Channel, parsed: readonly ParsedReport[]): Promise<void> {
  const reports: DeliveryReport[] = []
  for (const report of parsed) {
    const key = `${channel.name}/${report.dedupeKey}`
    if (report.kind === 'inbound') {
      await workspace.receive({ ...report.message, channel: channel.name }, { id: key })
      continue
    }
    const { delivery, facts } = report
    reports.push({
      delivery: 'deliveryRef' in delivery ? delivery : { channel: channel.name, providerId: delivery.providerId },
      facts,
      dedupeKey: key,
    })
  }
  try {
    await workspace.report(reports)
  } catch (error) {
    if (!isForeign(error)) throw error
    // One of them names a delivery that is not ours: the others count nevertheless.
    for (const report of reports) {
      await workspace.report([report]).catch((error: unknown) => {
        if (!isForeign(error)) throw error
      })
    }
  }
}

function isForeign(error: unknown): boolean {
  return isDrumbeatError(error) && error.code === 'not_found'
}
