import { expect } from 'vitest'
import { isDrumbeatError } from '../../errors.js'
import type { Transaction } from '../../ports/store.js'
import { aClaimedEvent, aDelivery, aNewRun, anEvent, testStart } from '../builders.js'
import { dumpWorkspace } from '../store-dump.js'
import type { Cases } from './cases.js'
import { callsByName, everyCall } from './every-call.js'
import type { Stage } from './stage.js'

/** Everything that can be written in a host's transaction. */
async function writeAll(stage: Stage, tx: Transaction): Promise<void> {
  const { workspaceId, store } = stage
  const now = testStart
  await store.contacts.upsert({ workspaceId, contacts: [{ id: 'ana', tags: ['newer'] }, { id: 'ben' }], now, tx })
  await store.contacts.upsert({ workspaceId, contacts: [{ id: 'ana', tags: ['new'] }], now, tx })
  await store.inbox.append({ workspaceId, events: [anEvent('ana')], now, tx })
  await store.inbox.contactsChanged({ workspaceId, contactIds: ['cyd'], now, tx })
  const activation = { workspaceId, campaignId: 'onboarding', from: null, to: 'b' }
  const runs = [aNewRun({ workspaceId, id: 'onboarding' }, 'ana')]
  expect((await store.recipients.enroll({ runs, now, tx, activation })).enrolled).toHaveLength(1)
}

async function prepare(stage: Stage): Promise<void> {
  await stage.campaign({ activation: { after: null, enrolled: 0 } })
  await stage.upsert([{ id: 'ana', tags: ['old'], addresses: { email: 'ana@example.com' } }])
}

function dump(stage: Stage): Promise<unknown> {
  return dumpWorkspace(stage.store, {
    workspaceId: stage.workspaceId,
    contactIds: ['ana', 'ben', 'cyd'],
    addresses: [{ channel: 'email', address: 'ana@example.com' }],
    eventNames: ['project.created'],
    now: testStart,
  })
}

/** The host's own transaction, as every store supports it. */
export const transactionCases: Cases = {
  'what is written in a host’s transaction is there when it resolves, with its result': async (stage) => {
    await prepare(stage)
    const result = await stage.store.transaction(async (tx) => {
      await writeAll(stage, tx)
      return 'done'
    })
    expect(result).toBe('done')
    expect((await stage.contact('ana'))?.tags).toEqual(['new'])
    expect((await stage.inbox()).map(({ kind }) => kind)).toEqual([
      'contact_changed',
      'contact_changed',
      'contact_changed',
      'contact_changed',
      'event',
      'contact_changed',
    ])
    expect(await stage.campaignNow()).toMatchObject({ activation: { after: 'b', enrolled: 1 } })
    expect(await stage.claim(await stage.engine())).toHaveLength(1)
  },

  'when the host’s transaction throws nothing of it remains, and its error comes through': async (stage) => {
    await prepare(stage)
    const before = await dump(stage)
    const failure = new Error('the host changed its mind')
    const outcome = stage.store.transaction(async (tx) => {
      await writeAll(stage, tx)
      throw failure
    })
    await expect(outcome).rejects.toBe(failure)
    expect(await dump(stage)).toEqual(before)
    expect(await stage.claim(await stage.engine())).toEqual([])
    expect(await stage.append([anEvent('ana')])).toEqual({ appended: 1 })
    expect(await stage.enroll(await stage.campaignNow(), ['ana'])).toHaveLength(1)
    expect(await stage.claim(await stage.engine())).toHaveLength(1)
  },

  'a transaction that has ended is not written to': async (stage) => {
    await prepare(stage)
    let ended: Transaction = {}
    await stage.store.transaction(async (tx) => {
      ended = tx
    })
    const request = { workspaceId: stage.workspaceId, events: [anEvent('ana')], now: testStart, tx: ended }
    const error = await stage.store.inbox.append(request).catch((caught) => caught)
    expect(isDrumbeatError(error)).toBe(true)
    expect((await stage.inbox()).filter(({ kind }) => kind === 'event')).toEqual([])
  },

  'transactions come one after the other': async (stage) => {
    await prepare(stage)
    for (const id of ['1', '2', '3']) {
      await stage.store.transaction((tx) =>
        stage.store.inbox.append({
          workspaceId: stage.workspaceId,
          events: [anEvent('ana', { id })],
          now: testStart,
          tx,
        }),
      )
    }
    expect((await stage.inbox()).filter(({ kind }) => kind === 'event')).toHaveLength(3)
  },
}

/** What only a store of one connection has to refuse. */
export const embeddedTransactionCases: Cases = {
  'while a host’s transaction runs, a call without it is refused as busy and does not wait': async (stage) => {
    await prepare(stage)
    const [run] = await stage.enroll(await stage.campaignNow(), ['dot'])
    if (run === undefined) throw new Error('Nobody was enrolled.')
    const { workspaceId } = stage
    const calls = everyCall(stage.store, {
      workspaceId,
      owner: { engineId: 'engine', epoch: 1 },
      run,
      delivery: aDelivery(run, { id: 1 }),
      inboxSeqs: [],
      claimed: aClaimedEvent(workspaceId),
    })
    const before = await dump(stage)
    await stage.store.transaction(async () => {
      for (const [name, call] of callsByName(calls)) {
        const error = await call().catch((caught) => caught)
        expect(error, name).toMatchObject({ code: 'conflict', kind: 'store_busy', retryable: true })
      }
    })
    expect(await dump(stage)).toEqual(before)
  },
}

/** What a store of many connections can do. */
export const concurrentTransactionCases: Cases = {
  'while a host’s transaction runs, calls without it go on and do not see what it wrote': async (stage) => {
    await prepare(stage)
    await stage.store.transaction(async (tx) => {
      await writeAll(stage, tx)
      expect((await stage.contact('ana'))?.tags).toEqual(['old'])
      expect((await stage.inbox()).map(({ kind }) => kind)).toEqual(['contact_changed'])
      expect(await stage.claim(await stage.engine())).toEqual([])
    })
    expect((await stage.contact('ana'))?.tags).toEqual(['new'])
  },
}
