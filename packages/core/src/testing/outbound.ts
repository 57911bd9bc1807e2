import type { OutboundMessage, SendContext } from '../ports/channel.js'

/** A marketing message to somebody, ready to be sent: no headers, the first of its conversation. */
export function anOutboundMessage<Content extends OutboundMessage['content']>(
  message: Partial<OutboundMessage> & { readonly to: string; readonly content: Content },
): OutboundMessage & { readonly content: Content } {
  return { category: 'marketing', headers: {}, inReplyTo: null, metadata: {}, ...message }
}

/** What goes with a message whose call may start and take as long as it likes. */
export function aSendContext(change: Partial<SendContext> = {}): SendContext {
  return {
    deliveryRef: 'dlv_00000001',
    idempotencyKey: 'dc1_1',
    signal: new AbortController().signal,
    assertMayStart() {},
    ...change,
  }
}
