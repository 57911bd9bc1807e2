import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { parse, stringify } from 'node:querystring'
import { bodyText, headerOf, type RawReport } from '@drumbeat/core'

/** By what Twilio's signatures are checked. */
export interface SignedWebhook {
  /** The URL that Twilio calls, as the host knows it; the query comes from the request. */
  readonly url: string
  readonly authToken: string | readonly string[]
}

/**
 * Whether Twilio signed the request with one of the tokens. The URL is the configured one, so that a proxy in between changes nothing, with
 * the query of the request. Like Twilio's own validators it takes the standard port given or left out, and a query escaped either way.
 * @see https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export function verifySignature(report: RawReport, { url, authToken }: SignedWebhook): boolean {
  const signature = headerOf(report, 'x-twilio-signature')
  if (signature === null) return false
  const signed = publicUrl(url, report.url)
  const bodyHash = queryOf(signed).get('bodySHA256')
  if (bodyHash !== null && !isEqual(bodyHash, createHash('sha256').update(report.body).digest('hex'))) return false
  const fields = bodyHash === null ? signedFields(bodyText(report)) : ''
  const candidates = [...spellingsOf(signed)].flatMap((spelling) =>
    [authToken].flat().map((token) =>
      createHmac('sha1', token)
        .update(spelling + fields)
        .digest('base64'),
    ),
  )
  return candidates.filter((candidate) => isEqual(candidate, signature)).length > 0
}

function publicUrl(configured: string, called: string): string {
  const query = called.indexOf('?')
  const [base = ''] = configured.split(/[?#]/, 1)
  return query === -1 ? base : base + called.slice(query).replace(/#.*$/s, '')
}

function queryOf(url: string): URLSearchParams {
  return new URLSearchParams(url.split('?').slice(1).join('?'))
}

/** Names and values in the order of the names; a repeated field's different values in order. */
function signedFields(body: string): string {
  const fields = new URLSearchParams(body)
  const names = [...new Set(fields.keys())].sort()
  return names.flatMap((name) => [...new Set(fields.getAll(name))].sort().map((value) => name + value)).join('')
}

function spellingsOf(url: string): ReadonlySet<string> {
  const normal = URL.canParse(url) ? new URL(url).href : url
  const [path = '', ...query] = normal.split('?')
  const legacy = query.length === 0 ? normal : `${path}?${stringify(parse(query.join('?')))}`
  return new Set([url, normal, legacy].flatMap((spelling) => [withPort(spelling, false), withPort(spelling, true)]))
}

function withPort(url: string, wanted: boolean): string {
  const [whole = '', scheme = '', host = '', port] = /^(https?:\/\/)([^/?#:]+)(:\d+)?/i.exec(url) ?? []
  if (whole === '') return url
  const standard = scheme.toLowerCase() === 'https://' ? ':443' : ':80'
  return scheme + host + (wanted ? (port ?? standard) : '') + url.slice(whole.length)
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
