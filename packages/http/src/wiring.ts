import {
  type Channel,
  type Clock,
  ConfigurationError,
  type DeliveryReport,
  type Drumbeat,
  systemClock,
  type TrackedEvent,
} from '@drumbeat/core'
import type { Authorize } from './access/caller.js'
import { gathering } from './gather.js'
import { checkSecrets, type Secrets } from './links/token.js'
import {
  defaultPreferenceTexts,
  type PreferenceTexts,
  type PreferenceView,
  type Topic,
} from './pages/preference-page.js'
import type { Simulate } from './simulate.js'

/** How much a request may bring, in bytes. */
export interface HttpLimits {
  /** Of a JSON body. Default 1 MiB. */
  readonly bodyBytes: number
  /** Of a provider's webhook. Default 1 MiB; SendGrid's may have 768 KB. */
  readonly webhookBytes: number
  /** Of an import as a whole. Default 256 MiB. */
  readonly importBytes: number
  /** Of one line of an import. Default 64 KiB. */
  readonly lineBytes: number
}

/** A provider's account that sends webhooks to `/webhooks/<account id>`. */
export interface WebhookAccount {
  readonly workspaceId: string
  /** The same object that `createDrumbeat` has, or one of the same name for the tenant's own account. Needs `verify` and `parse`. */
  readonly channel: Channel
}

/** The page where people unsubscribe and choose. */
export interface PreferenceOptions {
  /** What people may choose, by channel. Default: nothing, so the page asks about the whole channel, or the link's topic, alone. */
  readonly topics?: { readonly [channel: string]: readonly Topic[] }
  readonly texts?: Partial<PreferenceTexts>
  /** The language of the texts, for screen readers. Default `en`. */
  readonly language?: string
  /** Draws the page in the host's own way, as HTML without scripts. Its forms post `action`: unsubscribe, unsubscribe_all, resubscribe or save. */
  readonly page?: (view: PreferenceView) => string
}

/** What the HTTP handler is wired from. */
export interface HttpOptions {
  readonly drumbeat: Drumbeat
  /** Where the world reaches the handler, the mount path included: `https://acme.test/drumbeat`. Signatures and links depend on it. */
  readonly publicUrl: string
  /** Says who asks; several are tried in order. */
  readonly authorize: Authorize | readonly Authorize[]
  /**
   * Whose webhooks are believed, by account id: an opaque text of at least 16 characters that stands in the path, such as a UUID. A function for
   * accounts that come and go.
   */
  readonly webhooks?:
    | { readonly [accountId: string]: WebhookAccount }
    | ((accountId: string) => WebhookAccount | null | Promise<WebhookAccount | null>)
  /** That of `publicLinks`: several while they change, the newest first. Without it no such link is believed. */
  readonly secret?: Secrets
  readonly preferences?: PreferenceOptions
  /** Plays campaigns: `simulate` of `@drumbeat/simulate`. Without it, that route answers 501. */
  readonly simulate?: Simulate
  readonly limits?: Partial<HttpLimits>
  /** Hears of failures that nobody expected; callers are told nothing of what went wrong. */
  readonly onError?: (error: unknown, request: Request) => void
  /** Default: the machine's. */
  readonly clock?: Clock
}

/** The options, read. */
export interface Wiring {
  readonly drumbeat: Drumbeat
  readonly clock: Clock
  /** Without a slash at its end. */
  readonly publicUrl: string
  readonly basePath: string
  readonly authorizers: readonly Authorize[]
  readonly webhookAccount: (accountId: string) => WebhookAccount | null | Promise<WebhookAccount | null>
  readonly secrets: readonly string[]
  readonly preferences: {
    readonly topics: (channel: string) => readonly Topic[]
    readonly texts: PreferenceTexts
    readonly language: string
    readonly page: ((view: PreferenceView) => string) | null
  }
  readonly simulate: Simulate | null
  /** Takes in an event of a workspace, together with those of other requests. */
  readonly track: (workspaceId: string, event: TrackedEvent) => Promise<void>
  /** The same for a provider's report. */
  readonly report: (workspaceId: string, report: DeliveryReport) => Promise<void>
  readonly limits: HttpLimits
  readonly onError: (error: unknown, request: Request) => void
}

/** What applies unless the host says otherwise. */
export const defaultHttpLimits: HttpLimits = {
  bodyBytes: 1024 * 1024,
  webhookBytes: 1024 * 1024,
  importBytes: 256 * 1024 * 1024,
  lineBytes: 64 * 1024,
}

/** @throws {ConfigurationError} when the wiring cannot work, with a sentence that says what to do. */
export function readWiring(options: HttpOptions): Wiring {
  const { drumbeat, authorize, limits, onError = () => {}, clock = systemClock } = options
  const authorizers = [authorize].flat()
  if (authorizers.length === 0 || authorizers.some((one) => typeof one !== 'function')) {
    throw new ConfigurationError(
      'createHttp() needs authorize: a function that says who asks, such as apiKeys({ find }).',
    )
  }
  const publicUrl = readPublicUrl(options.publicUrl)
  const { secret, preferences = {} } = options
  if (secret !== undefined) checkSecrets(secret)
  const { topics = {}, texts, language = 'en', page = null } = preferences
  return {
    drumbeat,
    clock,
    publicUrl,
    basePath: new URL(publicUrl).pathname.replace(/\/$/, ''),
    authorizers,
    webhookAccount: readAccounts(options.webhooks),
    secrets: secret === undefined ? [] : [secret].flat(),
    preferences: {
      topics: (channel) => (Object.hasOwn(topics, channel) ? (topics[channel] ?? []) : []),
      texts: { ...defaultPreferenceTexts, ...texts },
      language,
      page,
    },
    simulate: options.simulate ?? null,
    track: gathering((workspaceId, events) => drumbeat.workspace(workspaceId).trackAll(events)),
    report: gathering((workspaceId, reports) => drumbeat.workspace(workspaceId).report(reports)),
    limits: { ...defaultHttpLimits, ...limits },
    onError,
  }
}

function readAccounts(accounts: HttpOptions['webhooks'] = {}): Wiring['webhookAccount'] {
  if (typeof accounts === 'function') return accounts
  for (const [accountId, { channel }] of Object.entries(accounts)) {
    if (!/^[\w-]{16,200}$/.test(accountId)) {
      throw new ConfigurationError(
        `The webhook account "${accountId}" needs an id that cannot be guessed: 16 to 200 letters, digits, - and _, such as a UUID.`,
      )
    }
    if (channel.verify === undefined || channel.parse === undefined) {
      throw new ConfigurationError(
        `The channel "${channel.name}" cannot take webhooks: it has no verify() and parse(). Leave its account out, or add them.`,
      )
    }
  }
  return (accountId) => (Object.hasOwn(accounts, accountId) ? (accounts[accountId] ?? null) : null)
}

/** @throws {ConfigurationError} when it is not an absolute http or https URL without query and fragment. */
export function readPublicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new ConfigurationError(
      `publicUrl is ${JSON.stringify(text)}; it must be the absolute URL that the handler is mounted under, such as ` +
        '"https://acme.test/drumbeat", without a query.',
    )
  }
  return url.href.replace(/\/$/, '')
}
