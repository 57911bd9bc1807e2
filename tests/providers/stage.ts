import { mailgunChannel } from '@drumbeat/channel-mailgun'
import { sendgridChannel } from '@drumbeat/channel-sendgrid'
import { twilioChannel } from '@drumbeat/channel-twilio'
import {
  type CampaignInput,
  type Channel,
  createDrumbeat,
  type Drumbeat,
  emailTemplate,
  type Queue,
  type RawReport,
  type Store,
  smsTemplate,
  VirtualClock,
} from '@drumbeat/core'
import { apiKeys, createApiKey, createHttp, type HttpHandler, publicLinks } from '@drumbeat/http'
import * as mailgun from '../../packages/channel-mailgun/test/mailgun-stand-in.js'
import * as sendgrid from '../../packages/channel-sendgrid/test/sendgrid-stand-in.js'
import { signatureOf, clientOf as twilioClient } from '../../packages/channel-twilio/test/local-client.js'
import { authToken, messagesResource } from '../../packages/channel-twilio/test/twilio-stand-in.js'
import { type ContractServer, contractServer } from '../channels/contract-server.js'

export const publicUrl = 'https://acme.test/drumbeat'
export const secret = 'a secret of the tests'
/** When every stage begins, and when every webhook is signed. */
export const begins = Date.parse('2026-03-09T09:00:00Z')

/** What stands in the paths of webhooks. */
export const accounts = {
  sms: 'twilio-account-0001',
  email: 'sendgrid-account-01',
  news: 'mailgun-account-001',
} as const

const from = 'Acme <hello@acme.test>'
const twilioUrl = `${publicUrl}/webhooks/${accounts.sms}`

/** Real channels whose real clients find their providers on the loopback. */
export async function providers(given: { readonly respond?: Parameters<typeof contractServer>[0] } = {}) {
  const servers: readonly ContractServer[] = await Promise.all([
    contractServer(given.respond ?? messagesResource()),
    contractServer(sendgrid.mailSend),
    contractServer(mailgun.mailgunApi()),
  ])
  const [toTwilio, toSendgrid, toMailgun] = servers as [ContractServer, ContractServer, ContractServer]
  const channels = [
    twilioChannel({ client: twilioClient(toTwilio.url), from: '+15005550006', webhook: { url: twilioUrl, authToken } }),
    sendgridChannel({
      client: sendgrid.clientOf(toSendgrid.url),
      from,
      webhook: { publicKey: sendgrid.publicKey },
    }),
    mailgunChannel({
      client: mailgun.clientOf(toMailgun.url),
      domain: mailgun.domain,
      from,
      name: 'news',
      webhook: { signingKey: mailgun.signingKey },
    }),
  ] as const
  return {
    channels,
    sent: { sms: toTwilio.received, email: toSendgrid.received, news: toMailgun.received },
    async close() {
      for (const server of servers) await server.close()
    },
  }
}

/** A Drumbeat with these channels on a virtual clock, and its HTTP handler. */
export function wired(
  { channels }: { readonly channels: readonly Channel[] },
  given: { readonly store: Store; readonly clock?: VirtualClock; readonly queue?: Queue; readonly engineId?: string },
) {
  const { store, clock = new VirtualClock(begins), queue, engineId } = given
  const links = publicLinks({ publicUrl, secret })
  const drumbeat = createDrumbeat({
    store,
    channels,
    clock,
    secret,
    unsubscribeUrl: links.unsubscribeUrl,
    tracking: links,
    ...(queue === undefined ? {} : { queue }),
    ...(engineId === undefined ? {} : { engineId }),
  })
  const { key, hash } = createApiKey()
  const find = (asked: string) => (asked === hash ? { id: 'k', workspaceId: 'acme', role: 'admin' as const } : null)
  const errors: unknown[] = []
  const handle = createHttp({
    drumbeat,
    publicUrl,
    secret,
    clock,
    authorize: apiKeys({ find, now: () => clock.now() }),
    webhooks: Object.fromEntries(
      channels
        .filter(({ verify }) => verify !== undefined)
        .map((channel) => [accounts[channel.name as keyof typeof accounts], { workspaceId: 'acme', channel }]),
    ),
    onError: (error) => errors.push(error),
  })
  const ask = (method: string, path: string, body?: unknown) =>
    handle(
      new Request(publicUrl + path, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    )
  return { drumbeat, acme: drumbeat.workspace('acme'), clock, handle, ask, errors }
}

/** Hands a provider's request to the handler as it came, and returns the status of the answer. */
export async function deliver(handle: HttpHandler, account: keyof typeof accounts, report: RawReport): Promise<number> {
  const query = report.url.split('?')[1]
  const url = `${publicUrl}/webhooks/${accounts[account]}${query === undefined ? '' : `?${query}`}`
  const body = report.body as Uint8Array<ArrayBuffer>
  return (await handle(new Request(url, { method: 'POST', headers: report.headers, body }))).status
}

/** A request of Twilio's, signed for the account. `ref` = the delivery that a status callback is about. */
export function fromTwilio(fields: Record<string, string>, ref?: string, receivedAt = begins): RawReport {
  const url = ref === undefined ? twilioUrl : `${twilioUrl}?d=${ref}`
  return {
    method: 'POST',
    url,
    headers: {
      'x-twilio-signature': signatureOf(url, fields),
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new TextEncoder().encode(new URLSearchParams(fields).toString()),
    receivedAt,
  }
}

/** A request of SendGrid's Event Webhook, signed for the account. */
export function fromSendgrid(events: readonly object[], receivedAt = begins): RawReport {
  const body = new TextEncoder().encode(`${JSON.stringify(events)}\r\n`)
  return sendgrid.signedRequest(body, 'application/json', 'ours', receivedAt)
}

/** A mail of a contact, as Inbound Parse hands it on. */
export async function mailThroughSendgrid(fields: Record<string, string>, receivedAt = begins): Promise<RawReport> {
  const { type, body } = await sendgrid.parsedMail(fields)
  return sendgrid.signedRequest(body, type, 'ours', receivedAt)
}

/** A webhook of Mailgun's, signed for the account. */
export const fromMailgun = (event: object): RawReport => mailgun.webhook(event)

/** Publishes a template per channel, `hello`-something, and activates a campaign that people enter by the API. */
export async function activated(
  drumbeat: Drumbeat,
  campaign: Omit<CampaignInput, 'name'> & { readonly name?: string },
): Promise<string> {
  const acme = drumbeat.workspace('acme')
  const html = '<p>Hello {{name | you}}.</p><a href="{{unsubscribeUrl}}">Unsubscribe</a>'
  await acme.templates.publishAll({
    text: smsTemplate({ body: 'Hello {{name | you}}. STOP to hear no more.' }),
    mail: emailTemplate({ subject: 'Hello {{name | you}}', html }),
  })
  const news = { channel: 'news', content: { kind: 'email', subject: 'News', html } } as const
  await acme.templates.publish('news', news)
  const { id } = await acme.campaigns.create({ name: 'Hello', entry: { when: 'api' }, ...campaign })
  await acme.campaigns.activate(id)
  return id
}
