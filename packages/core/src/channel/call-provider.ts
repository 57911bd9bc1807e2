import type { SendContext, SendOutcome } from '../ports/channel.js'
import { outcomeOfNetworkError } from './network-outcome.js'

/**
 * The one way in which a channel calls its provider. The call begins only while it may: what `assertMayStart` throws is thrown on, and
 * no call is made. Once it has begun the promise never rejects: what the call throws becomes the outcome that `outcomeOfError` reads
 * from it, and when the signal is aborted the outcome is `unknown` at once, although a client that cannot be aborted goes on unheard.
 */
export async function callProvider(
  { signal, assertMayStart }: Pick<SendContext, 'signal' | 'assertMayStart'>,
  call: () => Promise<SendOutcome>,
  outcomeOfError: (error: unknown) => SendOutcome = outcomeOfNetworkError,
): Promise<SendOutcome> {
  if (signal.aborted) return { outcome: 'not_accepted', code: 'aborted_before_start', retryAfterMs: null }
  assertMayStart()
  return new Promise((resolve) => {
    const stopWaiting = (): void => resolve({ outcome: 'unknown', code: 'aborted' })
    signal.addEventListener('abort', stopWaiting, { once: true })
    started(call)
      .catch(outcomeOfError)
      .then(resolve)
      .finally(() => signal.removeEventListener('abort', stopWaiting))
  })
}

/** What a client throws before it returns a promise is an error of the call like any other. */
async function started(call: () => Promise<SendOutcome>): Promise<SendOutcome> {
  return call()
}
