import { StorageError, sandboxChannel } from '@drumbeat/core'
import { describe, expect, it } from 'vitest'
import { day, hour, once, stage } from './stage.js'

describe('a claim', () => {
  it('that could not be written is made again at once, although its engine lives on', async () => {
    const { workspace, store, drumbeat, play, states } = await stage()
    await workspace.track({ contactId: 'p0', event: 'in' })
    once(store.deliveries, 'intend', () => async () => {
      throw new StorageError('The connection was lost.', { retryable: true })
    })
    await expect(drumbeat.tick()).rejects.toThrow('lost')
    await play(60_000)
    expect(await states()).toEqual(['mail sent'])
  })

  it('whose intent was written, but not confirmed, becomes an unknown outcome that is found out', async () => {
    const sandbox: ReturnType<typeof sandboxChannel>[] = []
    const { workspace, store, drumbeat, play, states, counted } = await stage({
      channel: (clock) => {
        const channel = sandboxChannel({ name: 'email', clock })
        sandbox.push(channel)
        return channel
      },
    })
    await workspace.track({ contactId: 'p0', event: 'in' })
    once(store.deliveries, 'intend', (intend) => async (request) => {
      await intend(request)
      throw new StorageError('The answer was lost.', { retryable: true })
    })
    await expect(drumbeat.tick()).rejects.toThrow('lost')
    expect(await states()).toEqual(['mail sending'])
    await play(10 * 60_000)
    // The provider has said twice that it does not know it: only then is it called.
    expect([await states(), await counted('delivery.unknown'), sandbox[0]?.messages.length]).toEqual([
      ['mail sent'],
      1,
      1,
    ])
  })

  it('of a decision that throws takes its run out of the way, and no other', async () => {
    const { workspace, drumbeat, runs, failures, store } = await stage({ people: 3 })
    for (const contactId of ['p0', 'p1', 'p2']) await workspace.track({ contactId, event: 'in' })
    const { permissions } = store.contacts
    const unreadable = {
      suppressions: [],
      get consents(): never {
        throw new Error('unreadable')
      },
    }
    store.contacts.permissions = async (keys) => {
      const found = await permissions.call(store.contacts, keys)
      return new Map([...found].map(([key, known]) => [key, key.endsWith('p1') ? unreadable : known]))
    }
    await drumbeat.tick()
    expect(await runs()).toEqual(['active at a-day', 'quarantined at mail: decision_failed', 'active at a-day'])
    expect(failures).toHaveLength(1)
    await workspace.track({ id: 'again', contactId: 'p0', event: 'in' })
    await workspace.track({ id: 'more', contactId: 'p1', event: 'in' })
    await drumbeat.tick()
    expect((await runs()).filter((run) => run === 'active at a-day')).toHaveLength(3)
  })

  it('that brings its engine down each time is given up in the end, and those beside it are not', async () => {
    const { workspace, drumbeat, clock, store, states, runs } = await stage({ people: 20 })
    for (let n = 0; n < 20; n++) await workspace.track({ contactId: `p${n}`, event: 'in' })
    const { permissions } = store.contacts
    store.contacts.permissions = async (keys) => {
      if (keys.some(({ contactId }) => contactId === 'p7')) throw new Error('the process died here')
      return permissions.call(store.contacts, keys)
    }
    for (let round = 0; round < 200; round++) {
      await drumbeat.tick().catch(() => {})
      clock.advance(1000)
    }
    expect((await states()).filter((state) => state === 'mail sent')).toHaveLength(19)
    expect((await runs()).filter((run) => run.startsWith('quarantined'))).toEqual(['quarantined at mail: no_progress'])
  })

  it('is not lost to an event that means nothing to the run while its call is under way', async () => {
    let during = async (): Promise<void> => {}
    const one = await stage({
      engineId: 'a',
      channel: (clock) => {
        const channel = sandboxChannel({ name: 'email', clock })
        return { ...channel, send: async (message, context) => channel.send(message, context).finally(() => during()) }
      },
    })
    const other = await stage({ engineId: 'b', store: one.store, clock: one.clock, workspaceId: 'elsewhere' })
    await one.workspace.track({ contactId: 'p0', event: 'in' })
    during = async () => {
      during = async () => {}
      await one.workspace.track({ contactId: 'p0', event: 'page.viewed' })
      await other.drumbeat.tick()
      expect(await one.states()).toEqual(['mail sending'])
    }
    await one.drumbeat.tick()
    expect([await one.states(), await one.counted('delivery.unknown')]).toEqual([['mail sent'], 0])
  })

  it('goes on from what is written where a run was not told how its call ended', async () => {
    const { workspace, store, drumbeat, play, states, runs } = await stage()
    await workspace.track({ contactId: 'p0', event: 'in' })
    // The outcome is written, the run's next position is not, and the engine dies before it can be.
    once(store.deliveries, 'settle', (settle) => async (request) => {
      await settle({ ...request, settlements: request.settlements.map((one) => ({ ...one, change: null })) })
      throw new Error('the process died here')
    })
    await expect(drumbeat.tick()).rejects.toThrow('died')
    expect([await states(), await runs()]).toEqual([['mail sent'], ['active at mail']])
    await play(hour)
    expect(await runs()).toEqual(['active at a-day'])
    await play(day, hour)
    expect([await states(), await runs()]).toEqual([['mail sent'], ['completed at done: completed']])
  })
})
