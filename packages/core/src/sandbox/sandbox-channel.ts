import { callProvider } from '../channel/call-provider.js'
import type { AddressKind } from '../contact/address.js'
import { systemClock } from '../engine/system-clock.js'
import type {
  Channel,
  ChannelCapabilities,
  LookupResult,
  OutboundMessage,
  SendContext,
  SendOutcome,
} from '../ports/channel.js'
import type { Clock } from '../ports/clock.js'
import type { Instant } from '../schedule/instant.js'

/** A message that the sandbox accepted. */
export interface SandboxMessage extends OutboundMessage {
  readonly channel: string
  readonly deliveryRef: string
  readonly idempotencyKey: string
  readonly providerId: string
  readonly at: Instant
}

/** How the sandbox answers a message. `accept_silently` takes it and answers nothing that can be read. */
export type SandboxAnswer = SendOutcome | 'accept' | 'accept_silently'

/** How a sandbox behaves. */
export interface SandboxOptions {
  /** What steps call it. */
  readonly name: string
  /** Default: `email` for a channel of that name, `phone` for `sms`, else `other`. */
  readonly addressKind?: AddressKind
  readonly account?: string
  readonly clock?: Clock
  /** Answers each message; default: accepts it. */
  readonly answer?: (
    message: OutboundMessage,
    attempt: { readonly idempotencyKey: string; readonly deliveryRef: string },
  ) => SandboxAnswer
  /** How long each call takes, in milliseconds of the clock. Default 0. */
  readonly delayMs?: number
  readonly capabilities?: Partial<ChannelCapabilities>
  readonly ambiguity?: Channel['ambiguity']
  /** Answers look-ups from what was accepted. Default true. */
  readonly lookup?: boolean
}

/** A channel that keeps messages instead of sending them, for tests, examples and previews. */
export interface SandboxChannel extends Channel {
  /** What was accepted, in order. */
  readonly messages: readonly SandboxMessage[]
  clear(): void
}

/** A channel that sends nothing: it records messages, and fails or dawdles as scripted. */
export function sandboxChannel(options: SandboxOptions): SandboxChannel {
  const { name, clock = systemClock, delayMs = 0 } = options
  const messages: SandboxMessage[] = []
  const accept = (message: OutboundMessage, context: SendContext): SandboxMessage => {
    const providerId = `sandbox-${name}-${messages.length + 1}`
    const { deliveryRef, idempotencyKey } = context
    const kept = { ...message, channel: name, deliveryRef, idempotencyKey, providerId, at: clock.now() }
    messages.push(kept)
    return kept
  }
  return {
    name,
    account: options.account ?? `sandbox-${name}`,
    addressKind: options.addressKind ?? (name === 'email' ? 'email' : name === 'sms' ? 'phone' : 'other'),
    capabilities: {
      idempotencyKeyTtlMs: null,
      echoesReference: true,
      lookup: options.lookup === false ? 'none' : 'byReference',
      ...options.capabilities,
    },
    ...(options.ambiguity === undefined ? {} : { ambiguity: options.ambiguity }),
    async send(message, context) {
      if (delayMs > 0) await clock.sleep(delayMs, context.signal)
      return callProvider(context, async () => {
        const answer = options.answer?.(message, context) ?? 'accept'
        if (typeof answer === 'object') return answer
        const kept = accept(message, context)
        if (answer === 'accept_silently') return { outcome: 'unknown', code: 'no_answer' }
        return { outcome: 'accepted', providerId: kept.providerId }
      })
    },
    ...(options.lookup === false
      ? {}
      : {
          async lookup({ deliveryRef }: { readonly deliveryRef: string }): Promise<LookupResult> {
            const found = messages.find((message) => message.deliveryRef === deliveryRef)
            return found === undefined
              ? { found: 'absent' }
              : { found: 'yes', providerId: found.providerId, at: found.at }
          },
        }),
    messages,
    clear() {
      messages.length = 0
    },
  }
}
