import { isOfTest, Subscription } from '../links/subscription.js'
import { htmlResponse } from '../pages/html.js'
import { type PreferenceView, preferencePage } from '../pages/preference-page.js'
import { mediaTypeOf, readBytes } from '../routing/read-body.js'
import { openRoute, type Surroundings } from '../routing/route.js'

const formBytes = 64 * 1024

/** Where people unsubscribe. Scanners follow links, so to look changes nothing; only a POST acts. */
export const preferenceRoutes = [
  openRoute({
    method: 'GET',
    path: '/u/:token',
    operation: 'showPreferences',
    summary: 'The page where a contact unsubscribes, and chooses what to get. Changes nothing.',
    access: 'open',
    async run(call) {
      const subscription = await find(call, call.params.token)
      return subscription === null ? nobodysPage(call, call.params.token) : page(call, subscription, 'ready')
    },
  }),
  openRoute({
    method: 'POST',
    path: '/u/:token',
    operation: 'changePreferences',
    summary: 'Unsubscribes with one click (RFC 8058), or does what the page asks for. No cookie, no redirect.',
    access: 'open',
    async run(call) {
      const subscription = await find(call, call.params.token)
      const form = await formOf(call.request)
      if (subscription === null) return nobodysPage(call, call.params.token)
      switch (form.get('action')) {
        case 'save': {
          const wanted = new Set(form.getAll('topic'))
          await subscription.choose(call.wiring.preferences.topics(subscription.channel), wanted)
          return page(call, subscription, 'saved')
        }
        case 'resubscribe':
          await subscription.resubscribe()
          return page(call, subscription, 'resubscribed')
        case 'unsubscribe_all':
          await subscription.unsubscribe(null)
          return page(call, subscription, 'unsubscribed')
        default:
          // `List-Unsubscribe=One-Click`, and whatever else a mail program sends: who posts here wants out.
          await subscription.unsubscribe(subscription.topic)
          return page(call, subscription, 'unsubscribed')
      }
    },
  }),
]

function find({ drumbeat, wiring, clock }: Surroundings, token: string): Promise<Subscription | null> {
  return Subscription.find(drumbeat, wiring.secrets, token, () => clock.now())
}

function nobodysPage(call: Surroundings, token: string): Promise<Response> {
  return page(call, null, isOfTest(call.wiring.secrets, token) ? 'test' : 'unknown')
}

async function formOf(request: Request): Promise<URLSearchParams> {
  const bytes = await readBytes(request, formBytes)
  const isForm = mediaTypeOf(request) === 'application/x-www-form-urlencoded'
  return new URLSearchParams(isForm ? new TextDecoder().decode(bytes) : '')
}

async function page(
  { wiring, request }: Surroundings,
  subscription: Subscription | null,
  state: PreferenceView['state'],
): Promise<Response> {
  const { preferences } = wiring
  const language = request.headers.get('accept-language')?.split(/[,;]/)[0]?.trim() || null
  const topics = preferences.topics(subscription?.channel ?? '')
  const view: PreferenceView = {
    state,
    channel: subscription?.channel ?? '',
    topic: topicOf(subscription, topics),
    topics: subscription === null ? [] : await subscription.wants(topics),
    language,
  }
  const html = preferences.page?.(view) ?? preferencePage(view, preferences.texts, preferences.language)
  return htmlResponse(html, state === 'unknown' ? 404 : 200)
}

function topicOf(
  subscription: Subscription | null,
  topics: PreferenceView['topics'] | readonly { id: string; name: string }[],
) {
  const id = subscription?.topic ?? null
  return id === null ? null : (topics.find((topic) => topic.id === id) ?? { id, name: id })
}
