import { sha256, type Tracking, type UnsubscribeRequest } from '@drumbeat/core'
import { readPublicUrl } from '../wiring.js'
import { checkSecrets, type Secrets, signToken } from './token.js'

/** The addresses that go out in messages, for `createDrumbeat`: `{ unsubscribeUrl: links.unsubscribeUrl, tracking: links }`. */
export interface PublicLinks extends Required<Tracking> {
  /** Where a contact unsubscribes, and says what they want to get. */
  unsubscribeUrl(request: UnsubscribeRequest): string
}

/**
 * Links that nobody can forge and that lead to the handler of `createHttp` with the same `publicUrl` and `secret`.
 * @throws {ConfigurationError} when the URL is not absolute, or a secret has less than 16 characters.
 */
export function publicLinks(options: { readonly publicUrl: string; readonly secret: Secrets }): PublicLinks {
  const { secret } = options
  const publicUrl = readPublicUrl(options.publicUrl)
  checkSecrets(secret)
  return {
    unsubscribeUrl({ workspaceId, contactId, channel, topic, deliveryRef }) {
      const parts = [workspaceId, contactId, channel, deliveryRef, ...(topic === null ? [] : [topic])]
      return `${publicUrl}/u/${signToken(secret, 'unsubscribe', parts)}`
    },
    openUrl: ({ workspaceId, deliveryRef }) =>
      `${publicUrl}/o/${signToken(secret, 'open', [workspaceId, deliveryRef])}`,
    clickUrl({ workspaceId, deliveryRef, templateId, templateVersion, url }) {
      const parts = [workspaceId, deliveryRef, templateId, String(templateVersion), hashOfUrl(url)]
      return `${publicUrl}/c/${signToken(secret, 'click', parts)}`
    },
  }
}

/** Names a link of a template version: 64 bits of its SHA-256. */
export function hashOfUrl(url: string): string {
  return sha256(url).slice(0, 16)
}
