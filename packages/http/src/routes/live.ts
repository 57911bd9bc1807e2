import { type Clock, isDrumbeatError, type Workspace } from '@drumbeat/core'
import { apiRoute } from '../routing/route.js'
import { campaignView } from '../schemas/campaign.js'

const everyMs = 2000
/** Then the browser connects anew, which shows anew who it is. */
const longestMs = 10 * 60 * 1000

/** What changes while somebody looks at it. Read from the store, so it is right whichever process does the work. */
export const liveRoutes = [
  apiRoute({
    method: 'GET',
    path: '/v1/campaigns/:campaignId/live',
    operation: 'watchCampaign',
    summary:
      'Server-sent events `campaign` and `counters`: both at once, then each when it changes. Ends after ten minutes.',
    access: { role: 'viewer', scope: 'campaigns:read' },
    audit: 'none',
    emits: 'text/event-stream',
    async run({ workspace, params, clock, request }) {
      await workspace.campaigns.get(params.campaignId)
      const left = new AbortController()
      const signal = AbortSignal.any([request.signal, left.signal])
      const events = changesOf(workspace, params.campaignId, clock, signal)
      const stream = new ReadableStream<Uint8Array>({
        async pull(controller) {
          const { done, value } = await events.next()
          if (done) controller.close()
          else controller.enqueue(new TextEncoder().encode(value))
        },
        cancel: () => left.abort(),
      })
      return { body: undefined, stream }
    },
  }),
]

async function* changesOf(
  workspace: Workspace,
  campaignId: string,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const shown = new Map<string, string>()
  const endsAt = clock.monotonic() + longestMs
  while (!signal.aborted && clock.monotonic() < endsAt) {
    const now = await stateOf(workspace, campaignId)
    if (now === null) return
    const news = Object.entries(now).filter(([event, data]) => shown.get(event) !== data)
    for (const [event, data] of news) {
      shown.set(event, data)
      yield `event: ${event}\ndata: ${data}\n\n`
    }
    // A comment now and then keeps proxies from hanging up, and tells us when nobody is there any more.
    if (news.length === 0) yield ':\n\n'
    await clock.sleep(everyMs, signal)
  }
}

/** The events as they would be sent now; null = the campaign has been deleted. */
async function stateOf({ campaigns }: Workspace, campaignId: string) {
  try {
    const campaign = campaignView(await campaigns.get(campaignId))
    const items = await campaigns.counters(campaignId)
    return { campaign: JSON.stringify(campaign), counters: JSON.stringify({ items }) }
  } catch (error) {
    if (isDrumbeatError(error) && error.code === 'not_found') return null
    throw error
  }
}
