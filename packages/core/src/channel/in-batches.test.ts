import { describe, expect, it } from 'vitest'
import type { OutboundMessage, SendContext, SendOutcome } from '../ports/channel.js'
import { anOutboundMessage, aSendContext } from '../testing/outbound.js'
import { type BatchItem, type BatchRules, inBatches } from './in-batches.js'

const message = (to: string) => anOutboundMessage({ to, content: { kind: 'text', body: 'Hi' } })
const context = (given: Partial<SendContext> = {}) => aSendContext({ deliveryRef: 'r', idempotencyKey: 'k', ...given })
const failed = (error: unknown): SendOutcome => ({ outcome: 'unknown', code: String(error) })

function batches(rules: BatchRules, fail = false) {
  const requests: string[][] = []
  const send = inBatches<OutboundMessage>(
    rules,
    async (items: readonly BatchItem<OutboundMessage>[]) => {
      requests.push(items.map(({ message }) => message.to))
      if (fail) throw 'broken'
      return items.map(({ message }): SendOutcome => ({ outcome: 'accepted', providerId: message.to }))
    },
    failed,
  )
  return {
    requests,
    send: (to: string, key = 'one', given = context()) => send({ message: message(to), context: given }, key),
  }
}

describe('inBatches', () => {
  it('gathers what has one key, up to its size, and gives each its own outcome', async () => {
    const { requests, send } = batches({ size: 2, waitMs: 1 })
    const outcomes = await Promise.all(['a', 'b', 'c'].map((to) => send(to)))
    expect(outcomes.map((outcome) => outcome.outcome === 'accepted' && outcome.providerId)).toEqual(['a', 'b', 'c'])
    expect(requests).toEqual([['a', 'b'], ['c']])
  })

  it('keeps keys apart, and never puts an address into a request twice', async () => {
    const { requests, send } = batches({ size: 9, waitMs: 1 })
    await Promise.all([send('a'), send('b', 'two'), send('a'), send('c')])
    expect(requests.map((to) => to.join()).sort()).toEqual(['a', 'a,c', 'b'])
  })

  it('takes addresses that differ in the case of their letters for one', async () => {
    const { requests, send } = batches({ size: 9, waitMs: 1 })
    await Promise.all([send('Ana@example.com'), send('ben@example.com'), send('ana@example.com')])
    expect(requests).toEqual([['Ana@example.com', 'ben@example.com'], ['ana@example.com']])
  })

  it('sends at once where one request holds one message', async () => {
    const { requests, send } = batches({ size: 1, waitMs: 60_000 })
    await send('a')
    expect(requests).toEqual([['a']])
  })

  it('leaves out who may not start any more, and makes no request for nobody', async () => {
    const { requests, send } = batches({ size: 3, waitMs: 1 })
    const refusal = new Error('no')
    const refused = context({
      assertMayStart() {
        throw refusal
      },
    })
    const results = await Promise.allSettled([
      send('a', 'one', refused),
      send('b'),
      send('c', 'one', context({ signal: AbortSignal.abort() })),
    ])
    expect(results.map((result) => (result.status === 'rejected' ? result.reason : result.value.outcome))).toEqual([
      refusal,
      'accepted',
      'not_accepted',
    ])
    await expect(send('a', 'one', refused)).rejects.toBe(refusal)
    expect(requests).toEqual([['b']])
  })

  it('makes what the request throws the outcome of all', async () => {
    const { send } = batches({ size: 2, waitMs: 1 }, true)
    expect(await Promise.all([send('a'), send('b')])).toEqual([failed('broken'), failed('broken')])
  })
})
