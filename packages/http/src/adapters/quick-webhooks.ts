import type { HttpHandler } from '../create-http.js'
import { received, receiveReports } from '../routes/provider-reports.js'
import { refuseEncodings } from '../routing/read-body.js'
import type { Wiring } from '../wiring.js'

/** A small webhook as Node has it. */
export interface PlainRequest {
  readonly method: string
  /** The path as it was asked for, with its query. */
  readonly target: string
  readonly headers: { readonly [name: string]: string }
  readonly body: Uint8Array
}

const quick = new WeakMap<HttpHandler, (request: PlainRequest) => Promise<typeof received>>()

/** Accounts have one each; more are not kept. */
const mostUrls = 1_000

/**
 * Lets Node's listener hand webhooks to this handler without a `Request` and a `Response` around each: where they come by the thousand, those
 * cost more than all that is done with them.
 */
export function takesWebhooksQuickly(handle: HttpHandler, wiring: Wiring): void {
  const { publicUrl, basePath, drumbeat, clock } = wiring
  const urls = new Map<string, string>()
  const urlOf = (path: string): string => {
    const known = urls.get(path)
    if (known !== undefined) return known
    const url = new URL(publicUrl + path).href
    if (urls.size >= mostUrls) urls.clear()
    urls.set(path, url)
    return url
  }
  quick.set(handle, async ({ method, target, headers, body }) => {
    const path = target.startsWith(`${basePath}/`) ? target.slice(basePath.length) : target
    const accountId = accountIn(path)
    refuseEncodings({ headers: { get: (name) => headers[name] ?? null } })
    if (accountId === null || body.byteLength > wiring.limits.webhookBytes) throw new Error('This is no small webhook.')
    const url = urlOf(path)
    await receiveReports({ drumbeat, wiring, clock }, accountId, { method, url, headers, body })
    return received
  })
}

/** Whether it can go the quick way, by what is known before its body is read. */
export function mayBeQuick(handle: HttpHandler, method: string, target: string): boolean {
  return method === 'POST' && target.includes('/webhooks/') && quick.has(handle)
}

/** The answer to a webhook that was taken in; null = whatever is to be said of it, the handler says. */
export async function takeWebhookQuickly(handle: HttpHandler, request: PlainRequest): Promise<typeof received | null> {
  try {
    return (await quick.get(handle)?.(request)) ?? null
  } catch {
    return null
  }
}

function accountIn(path: string): string | null {
  return /^\/webhooks\/([\w-]{16,200})(?:\?|$)/.exec(path)?.[1] ?? null
}
