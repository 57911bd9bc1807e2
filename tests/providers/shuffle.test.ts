import { mailgunChannel } from '@drumbeat/channel-mailgun'
import { sendgridChannel } from '@drumbeat/channel-sendgrid'
import { twilioChannel } from '@drumbeat/channel-twilio'
import type { Channel, RawReport } from '@drumbeat/core'
import { memoryStore } from '@drumbeat/store-memory'
import { expect, it } from 'vitest'
import { domain, signingKey } from '../../packages/channel-mailgun/test/mailgun-stand-in.js'
import { publicKey } from '../../packages/channel-sendgrid/test/sendgrid-stand-in.js'
import { authToken } from '../../packages/channel-twilio/test/twilio-stand-in.js'
import {
  accounts,
  activated,
  begins,
  deliver,
  fromMailgun,
  fromSendgrid,
  fromTwilio,
  publicUrl,
  wired,
} from './stage.js'

const total = Number(process.env.DRUMBEAT_REPORTS ?? 20_000)
const seed = Number(process.env.DRUMBEAT_SEED ?? Date.now() % 100_000)
const copiesEach = 4
const day = 24 * 60 * 60 * 1000

/** What providers tell of one message, each once. */
const happenings = {
  sms: ['queued', 'sending', 'sent', 'delivered', 'undelivered 30005', 'failed 21610', 'read'],
  email: [
    'processed',
    'deferred',
    'delivered',
    'open',
    'open machine',
    'click',
    'bounce',
    'bounce blocked',
    'dropped Unsubscribed Address',
    'dropped Spam Reporting Address',
    'spamreport',
    'unsubscribe',
    'group_unsubscribe',
  ],
  news: [
    'accepted',
    'rejected',
    'delivered',
    'failed temporary',
    'failed bounce',
    'failed suppress-unsubscribe',
    'failed suppress-complaint',
    'failed greylisted',
    'opened',
    'opened bot',
    'clicked',
    'clicked bot',
    'unsubscribed',
    'complained',
  ],
} as const
type Via = keyof typeof happenings
const ways = Object.keys(happenings) as Via[]
const each = ways.reduce((sum, via) => sum + happenings[via].length, 0)
const people = Math.max(1, Math.floor(total / (each * copiesEach)))

/** One thing that happened to one message. */
interface Happening {
  readonly via: Via
  readonly person: number
  readonly what: string
  readonly afterS: number
}

/** Rising from 0 to 1, the same for a seed. */
function randomOf(start: number): () => number {
  let state = start >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const everything: readonly Happening[] = Array.from({ length: people }, (_, person) =>
  ways.flatMap((via) => happenings[via].map((what, index) => ({ via, person, what, afterS: index + 1 }))),
).flat()

const sidOf = (person: number): string => `SM${String(person).padStart(32, '0')}`

/** The provider's request about some messages of one way; by the reference or, now and then, by the provider's own id. */
function requestOf(batch: readonly Happening[], refs: ReadonlyMap<string, string>, byProviderId: boolean): RawReport {
  const [first] = batch
  if (first === undefined) throw new Error('A request holds at least one event.')
  const refOf = ({ via, person }: Happening): string => refs.get(`${via}/${person}`) ?? ''
  const at = (happening: Happening) => begins / 1000 + happening.afterS
  const idOf = ({ person, what }: Happening) => `${what}/${person}`
  const [event = '', detail = ''] = first.what.split(/ (.*)/)
  if (first.via === 'sms') {
    const fields = { MessageSid: sidOf(first.person), MessageStatus: event, ErrorCode: detail }
    return fromTwilio(fields, byProviderId ? undefined : refOf(first))
  }
  if (first.via === 'news') {
    const reason = detail === 'temporary' ? {} : { severity: 'permanent', reason: detail }
    const named = { id: idOf(first), timestamp: at(first), 'user-variables': { drumbeat_ref: refOf(first) } }
    const client = detail === 'bot' ? { 'client-info': { bot: 'apple' } } : {}
    return fromMailgun({ event, ...named, severity: detail, ...reason, ...client })
  }
  const events = batch.map((happening) => {
    const [name = '', more = ''] = happening.what.split(/ (.*)/)
    const ref = refOf(happening)
    const named = byProviderId ? { 'smtp-id': `<${ref}@acme.test>` } : { drumbeat_ref: ref }
    const details = { sg_machine_open: more === 'machine', type: more, reason: more }
    return { event: name, timestamp: at(happening), sg_event_id: idOf(happening), ...named, ...details }
  })
  return fromSendgrid(events)
}

/** Plays one campaign over all three channels. What is `early` about a message comes in while its call is under way. */
async function play(
  early: (via: Via, person: number) => readonly Happening[],
  later: readonly (readonly Happening[])[],
  random: () => number,
) {
  const refs = new Map<string, string>()
  const hear = async (batch: readonly Happening[]): Promise<void> => {
    const [first] = batch
    if (first === undefined) return
    const request = requestOf(batch, refs, first.via !== 'news' && random() < 0.1)
    expect(await deliver(stage.handle, first.via, request)).toBe(200)
  }
  const hearing = (channel: Channel): Channel => ({
    ...channel,
    async send(message, context) {
      const via = channel.name as Via
      const person = Number(/\d+/.exec(message.to.replace('+1', ''))?.[0]) - (via === 'sms' ? 2_020_000_000 : 0)
      refs.set(`${via}/${person}`, context.deliveryRef)
      const outcome = await channel.send(message, context)
      for (const happening of early(via, person)) await hear([happening])
      return outcome
    },
  })
  const unused = async (): Promise<never> => {
    throw new Error('Nobody is asked here.')
  }
  const created = async ({ to }: { readonly to: string }) =>
    ({ sid: sidOf(Number(to.slice(2)) - 2_020_000_000), status: 'queued', errorCode: null }) as never
  const from = 'Acme <hello@acme.test>'
  const channels = [
    twilioChannel({
      client: { messages: Object.assign(() => ({ fetch: unused }), { create: created, list: unused }) },
      from: '+15005550006',
      webhook: { url: `${publicUrl}/webhooks/${accounts.sms}`, authToken },
    }),
    sendgridChannel({ client: { send: async () => [{ statusCode: 202 }, {}] }, from, webhook: { publicKey } }),
    mailgunChannel({
      client: { messages: { create: async () => ({ status: 200, id: '<m@acme.test>' }) }, request: { get: unused } },
      domain,
      from,
      name: 'news',
      webhook: { signingKey },
    }),
  ].map(hearing)
  const stage = wired({ channels }, { store: memoryStore() })
  const { drumbeat, acme, clock } = stage
  await drumbeat.tick()
  const steps = {
    sms: { kind: 'send', channel: 'sms', template: 'text', next: 'email' },
    email: { kind: 'send', channel: 'email', template: 'mail', next: 'news' },
    news: { kind: 'send', channel: 'news', template: 'news', next: 'done' },
    done: { kind: 'exit' },
  } as const
  const entry = { when: 'audience' } as const
  for (let from = 0; from < people; from += 1_000) {
    const some = Array.from({ length: Math.min(1_000, people - from) }, (_, n) => from + n)
    await acme.contacts.import(
      some.map((n) => ({
        id: `p${n}`,
        zone: 'UTC',
        addresses: { sms: `+1${2_020_000_000 + n}`, email: `${n}@example.com`, news: `${n}@example.com` },
      })),
    )
  }
  const campaign = await activated(drumbeat, { sequence: { schema: 1, start: 'sms', steps }, entry })
  await drumbeat.tick()
  expect(refs.size).toBe(3 * people)
  const atOnce = 64
  for (let from = 0; from < later.length; from += atOnce) {
    // The last third comes a day late.
    if (from >= (later.length * 2) / 3 && clock.now() < begins + day) clock.advance(day)
    await Promise.all(later.slice(from, from + atOnce).map(hear))
    if (from % (atOnce * 16) === 0) await drumbeat.tick()
  }
  await drumbeat.tick()
  expect(stage.errors).toEqual([])
  const facts = new Map<string, unknown>()
  for (let after: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof acme.deliveries>> = await acme.deliveries(campaign, {
      limit: 1000,
      ...(after === null ? {} : { after }),
    })
    for (const { channel, contactId, state, facts: known } of page) {
      // Twilio says no time: a fact's is when its first copy came in.
      const said = channel === 'sms' ? Object.keys(known).sort() : known
      facts.set(`${contactId} ${channel}`, [state, said])
    }
    const last = page.at(-1)
    if (page.length < 1000 || last === undefined) break
    after = String(last.id)
  }
  const counters = (await acme.campaigns.counters(campaign))
    .map(({ stepId, name, value }) => `${stepId} ${name} = ${value}`)
    .sort()
  const suppressions = new Map<string, readonly string[]>()
  for (let n = 0; n < people; n += Math.ceil(people / 200)) {
    const kept = await acme.contacts.export(`p${n}`)
    suppressions.set(`p${n}`, kept.suppressions.map(({ channel, reason }) => `${channel} ${reason}`).sort())
  }
  await drumbeat.close()
  return { facts, counters, suppressions }
}

it(`reads ${total.toLocaleString('en')} reports, copied, out of order, too early and a day late, as the ordered ones (seed ${seed})`, {
  timeout: 3_600_000,
}, async () => {
  const ordered = await play(
    () => [],
    [...everything].sort((a, b) => a.afterS - b.afterS).map((happening) => [happening]),
    () => 1,
  )
  const random = randomOf(seed)
  const pick = () => everything[Math.floor(random() * everything.length)] as Happening
  const copies = [...everything, ...Array.from({ length: total - everything.length }, pick)]
  for (let n = copies.length - 1; n > 0; n--) {
    const other = Math.floor(random() * (n + 1))
    ;[copies[n], copies[other]] = [copies[other] as Happening, copies[n] as Happening]
  }
  const early = new Map<string, Happening[]>()
  const later: Happening[][] = []
  for (const happening of copies) {
    const key = `${happening.via}/${happening.person}`
    const last = later.at(-1)
    if (random() < 0.1) early.set(key, [...(early.get(key) ?? []), happening])
    else if (happening.via === 'email' && last?.[0]?.via === 'email' && last.length < 20) last.push(happening)
    else later.push([happening])
  }
  const startedAt = performance.now()
  const shuffled = await play((via, person) => early.get(`${via}/${person}`) ?? [], later, random)
  const seconds = (performance.now() - startedAt) / 1000
  console.log(`${copies.length} reports on ${3 * people} messages in ${seconds.toFixed(0)} s`)
  expect(shuffled.counters).toEqual(ordered.counters)
  expect(shuffled.suppressions).toEqual(ordered.suppressions)
  expect(shuffled.facts).toEqual(ordered.facts)
  // Every kind of fact counts once per message, however many copies came.
  const most = Math.max(...ordered.counters.map((counter) => Number(counter.split(' = ')[1])))
  expect(most).toBe(people)
})
