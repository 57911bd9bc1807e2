import type { SendContext, SendOutcome } from '../ports/channel.js'
import { outcomeOfNetworkError } from './network-outcome.js'

/**
 * The one way in which a channel calls its provider. The call begins only while it may: what `assertMayStart` throws is thrown on, and
 * no call is made. A call that first has to connect is handed the question again, to ask it right before it writes. Beside that the
 * promise never rejects: what the call throws becomes the outcome that `outcomeOfError` reads from it, and when the signal is aborted
 * the outcome is `unknown` at once, although a client that cannot be aborted goes on unheard.
 */
export async function callProvider(
  { signal, assertMayStart }: Pick<SendContext, 'signal' | 'assertMayStart'>,
  call: (assertMayStart: () => void) => Promise<SendOutcome>,
  outcomeOfError: (error: unknown) => SendOutcome = outcomeOfNetworkError,
): Promise<SendOutcome> {
  if (signal.aborted) return { outcome: 'not_accepted', code: 'aborted_before_start', retryAfterMs: null }
  assertMayStart()
  let refusal: { readonly error: unknown } | null = null
  const askAgain = (): void => {
    try {
      assertMayStart()
    } catch (error) {
      refusal = { error }
      throw error
    }
  }
  return new Promise((resolve, reject) => {
    const stopWaiting = (): void => resolve({ outcome: 'unknown', code: 'aborted' })
    signal.addEventListener('abort', stopWaiting, { once: true })
    started(call, askAgain)
      .catch(outcomeOfError)
      .then((outcome) => (refusal === null ? resolve(outcome) : reject(refusal.error)))
      .finally(() => signal.removeEventListener('abort', stopWaiting))
  })
}

/** What a client throws before it returns a promise is an error of the call like any other. */
async function started(
  call: (assertMayStart: () => void) => Promise<SendOutcome>,
  askAgain: () => void,
): Promise<SendOutcome> {
  return call(askAgain)
}
