import type { Store } from '@drumbeat/core'
import { type OpenStore, storesAgree } from '@drumbeat/core/testing'
import { expect, test } from 'vitest'
import { memoryStore } from './index.js'

const open: OpenStore = async () => {
  const store = memoryStore()
  return { store, close: () => store.close() }
}

/** A memory store of which one method does something else. */
function broken(breakIt: (store: Store) => Partial<Store>): OpenStore {
  return async () => {
    const store = memoryStore()
    return { store: { ...store, ...breakIt(store) }, close: () => store.close() }
  }
}

test('two memory stores agree on every command', async () => {
  await storesAgree(open, open, { runs: 50 })
})

test.each<[string, (store: Store) => Partial<Store>]>([
  [
    'takes a run over too early',
    ({ recipients }) => ({
      recipients: { ...recipients, claimDue: (request) => recipients.claimDue({ ...request, skewMs: -30_000 }) },
    }),
  ],
  [
    'settles attempts that are not the latest',
    ({ deliveries }) => ({
      deliveries: {
        ...deliveries,
        settle: (request) =>
          deliveries.settle({
            ...request,
            settlements: request.settlements.map((settlement) => ({ ...settlement, attempt: 1 })),
          }),
      },
    }),
  ],
  [
    'ignores what an ingest expects',
    ({ inbox }) => ({
      inbox: {
        ...inbox,
        ingest: async (batch) => {
          const { runs } = await inbox.peek({ limit: 1000 })
          const expected = (contactId: string) => runs.filter((run) => run.contactId === contactId)
          return inbox.ingest(batch.map((contact) => ({ ...contact, expected: expected(contact.contactId) })))
        },
      },
    }),
  ],
])('the model finds a store that %s', async (_, breakIt) => {
  await expect(storesAgree(open, broken(breakIt), { runs: 300, seed: 1, shrink: false })).rejects.toThrow(
    /Property failed/,
  )
})
