import { mailgunChannel } from '@drumbeat/channel-mailgun'
import { sendgridChannel } from '@drumbeat/channel-sendgrid'
import { twilioChannel } from '@drumbeat/channel-twilio'
import { type Channel, type FactSet, mergeFacts, type RawReport } from '@drumbeat/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { webhook } from '../../packages/channel-mailgun/test/mailgun-stand-in.js'
import { publicKey } from '../../packages/channel-sendgrid/test/sendgrid-stand-in.js'

const startedAt = 1_773_046_800_000
const unused = async (): Promise<never> => {
  throw new Error('Nothing is sent here.')
}

/** An event of any provider: what happened to which of a few deliveries, and when. */
interface Happened {
  readonly name: string
  readonly delivery: number
  readonly afterS: number
}

interface Provider {
  readonly channel: Channel
  readonly names: readonly string[]
  /** Requests that bring the events, as many in one as the provider puts there. */
  readonly requests: (events: readonly Happened[]) => readonly RawReport[]
}

const ref = (delivery: number): string => `dlv_0000000${delivery}`
const post = (url: string, contentType: string, body: string, receivedAt: number): RawReport => ({
  method: 'POST',
  url,
  headers: { 'content-type': contentType },
  body: new TextEncoder().encode(body),
  receivedAt,
})

const providers: { readonly [name: string]: Provider } = {
  SendGrid: {
    channel: sendgridChannel({ client: { send: unused }, from: 'a@acme.test', webhook: { publicKey } }),
    names: ['processed', 'deferred', 'delivered', 'open', 'click', 'bounce', 'dropped', 'spamreport', 'unsubscribe'],
    requests(events) {
      const list = events.map(({ name, delivery, afterS }) => ({
        event: name,
        timestamp: startedAt / 1000 + afterS,
        drumbeat_ref: ref(delivery),
        sg_event_id: `${name}-${delivery}-${afterS}`,
      }))
      return [post('https://acme.test/', 'application/json', JSON.stringify(list), startedAt)]
    },
  },
  Mailgun: {
    channel: mailgunChannel({
      client: { messages: { create: unused }, request: { get: unused } },
      domain: 'mg.acme.test',
      from: 'a@acme.test',
      webhook: { signingKey: 'k' },
    }),
    names: ['accepted', 'delivered', 'failed', 'opened', 'clicked', 'unsubscribed', 'complained'],
    requests: (events) =>
      events.map(({ name, delivery, afterS }) =>
        webhook({
          event: name,
          id: `${name}-${delivery}-${afterS}`,
          timestamp: startedAt / 1000 + afterS + 0.123,
          severity: afterS % 2 === 0 ? 'temporary' : 'permanent',
          reason: 'bounce',
          'user-variables': { drumbeat_ref: ref(delivery) },
        }),
      ),
  },
  Twilio: {
    channel: twilioChannel({
      client: { messages: Object.assign(() => ({ fetch: unused }), { create: unused, list: unused }) },
      from: 'ACME',
      webhook: { url: 'https://acme.test/', authToken: 't' },
    }),
    names: ['queued', 'sent', 'delivered', 'undelivered', 'failed', 'read'],
    requests: (events) =>
      events.map(({ name, delivery, afterS }) => {
        const sid = `SM${String(delivery).padStart(32, '0')}`
        const body = new URLSearchParams({ MessageSid: sid, MessageStatus: name, ErrorCode: '30005' })
        const url = `https://acme.test/?d=${ref(delivery)}`
        // Twilio says no time, so a callback's own is when its first copy came in.
        return post(url, 'application/x-www-form-urlencoded', body.toString(), startedAt + afterS * 1000)
      }),
  },
}

/** Takes requests in as an inbox does: each event once, by its key. */
async function takeIn(channel: Channel, requests: readonly RawReport[]) {
  const known = new Set<string>()
  const facts: Record<string, FactSet> = {}
  for (const request of requests) {
    for (const report of (await channel.parse?.(request)) ?? []) {
      if (report.kind !== 'facts' || known.has(report.dedupeKey)) continue
      known.add(report.dedupeKey)
      const name = JSON.stringify(report.delivery)
      facts[name] = mergeFacts(facts[name] ?? {}, report.facts)
    }
  }
  return { facts, keys: [...known].sort() }
}

it.each(Object.entries(providers))(
  'reads the events of %s the same in any order and any number of copies',
  async (_, provider) => {
    const { channel, names, requests } = provider
    const happened = fc.record({
      name: fc.constantFrom(...names),
      delivery: fc.integer({ min: 1, max: 3 }),
      afterS: fc.integer({ min: 0, max: 5 }),
    })
    // One event of each name and delivery: what has no id of its own happens once.
    const all = fc.uniqueArray(happened, {
      minLength: 1,
      maxLength: 20,
      selector: ({ name, delivery }) => `${name}${delivery}`,
    })
    const order = fc.array(fc.nat(), { minLength: 20, maxLength: 60 })
    const property = fc.asyncProperty(all, order, async (events, picks) => {
      const once = await takeIn(channel, requests(events))
      const shuffled = [...picks.map((pick) => events[pick % events.length]), ...[...events].reverse()]
      const copies = shuffled.flatMap((event) => (event === undefined ? [] : requests([event])))
      expect(await takeIn(channel, copies)).toEqual(once)
      expect(once.keys.length).toBe(events.length)
    })
    await fc.assert(property, { numRuns: 200 })
  },
)
