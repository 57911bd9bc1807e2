import type { Contact, ContactSource } from '@drumbeat/core'
import type { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startRedis } from '../../../scripts/redis.mjs'
import { cachedContacts } from '../src/index.js'
import { connect, startProxy } from './servers.js'

const ana = { workspaceId: 'acme', contactIds: ['ana'] }
const soon = { timeout: 20_000, interval: 50 }

let server: Awaited<ReturnType<typeof startRedis>>
let connection: Redis
let asked: number
let zone: string

const source: ContactSource = {
  async get() {
    asked++
    const contact: Contact = {
      id: 'ana',
      addresses: {},
      zone,
      locale: null,
      attributes: {},
      tags: [],
      updatedAt: null,
    }
    return [contact]
  },
  page: async () => ({ contacts: [], next: null }),
}

beforeEach(async () => {
  asked = 0
  zone = 'UTC'
  server = await startRedis()
  connection = connect(server.url)
})

afterEach(async () => {
  connection.disconnect()
  await server.stop()
})

const zoneIn = async (contacts: ContactSource) => (await contacts.get(ana))[0]?.zone

it('asks the source while Redis is down, refuses to forget, and caches again when it is back', async () => {
  const contacts = cachedContacts({ source, connection, timeoutMs: 300 })
  const served = async (): Promise<boolean> => {
    const before = asked
    await contacts.get(ana)
    return asked === before
  }
  await expect.poll(served, soon).toBe(true)
  await server.down()
  zone = 'Asia/Tokyo'
  const startedAt = performance.now()
  expect(await zoneIn(contacts)).toBe('Asia/Tokyo')
  expect(performance.now() - startedAt).toBeLessThan(2_000)
  await expect(contacts.changed(ana)).rejects.toMatchObject({ code: 'storage', retryable: true })
  await expect(contacts.erased(ana)).rejects.toMatchObject({ code: 'storage', retryable: true })
  expect(await served()).toBe(false)
  await server.up()
  await expect.poll(served, soon).toBe(true)
  await contacts.erased(ana)
  expect(await contacts.get(ana)).toEqual([])
}, 60_000)

it('does not wait for a server that says nothing, for a second not at all, and forgets in time or says so', async () => {
  const proxy = await startProxy(Number(new URL(server.url).port))
  const viaProxy = connect(`redis://127.0.0.1:${proxy.port}`)
  const contacts = cachedContacts({ source, connection: viaProxy, timeoutMs: 400 })
  expect(await zoneIn(contacts)).toBe('UTC')
  await viaProxy.ping()
  proxy.freeze()
  zone = 'Asia/Tokyo'
  const startedAt = performance.now()
  for (let n = 0; n < 20; n++) expect(await zoneIn(contacts)).toBe('Asia/Tokyo')
  expect(performance.now() - startedAt).toBeLessThan(2_000)
  await expect(contacts.changed(ana)).rejects.toMatchObject({ code: 'storage', retryable: true })
  viaProxy.disconnect()
  await proxy.close()
}, 60_000)

it('asks the source when the server is full, and forgets all the same', async () => {
  const contacts = cachedContacts({ source, connection, timeoutMs: 5_000 })
  await contacts.get(ana)
  await connection.ping()
  zone = 'Asia/Tokyo'
  expect(await zoneIn(contacts)).toBe('UTC')
  await connection.config('SET', 'maxmemory-policy', 'noeviction')
  await connection.config('SET', 'maxmemory', '1mb')
  await contacts.changed(ana)
  expect(await zoneIn(contacts)).toBe('Asia/Tokyo')
  await contacts.erased(ana)
  await expect.poll(() => contacts.get(ana), soon).toEqual([])
})
