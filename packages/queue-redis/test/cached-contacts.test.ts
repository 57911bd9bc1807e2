import type { Contact, ContactSource } from '@drumbeat/core'
import type { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type CachedContacts, cachedContacts } from '../src/index.js'
import { connect, keysOf, newPrefix } from './servers.js'

const workspaceId = 'acme'
const person = (id: string, version: number): Contact => ({
  id,
  addresses: { email: `${id}@example.com` },
  zone: 'Europe/Berlin',
  locale: null,
  attributes: { version },
  tags: ['vip'],
  updatedAt: null,
})

/** A host's contacts, by id, and which ids it was asked for. */
function host(...ids: readonly string[]) {
  const versions = new Map(ids.map((id) => [id, 1]))
  const asked: string[] = []
  const source: ContactSource = {
    async get({ contactIds }) {
      asked.push(...contactIds)
      return contactIds.flatMap((id) => {
        const version = versions.get(id)
        return version === undefined ? [] : [person(id, version)]
      })
    },
    page: async () => ({ contacts: [...versions].map(([id, version]) => person(id, version)), next: null }),
  }
  return { source, asked, versions }
}

/** Answers only when it is told to, with what it had read when it was asked. */
function slowly(source: ContactSource) {
  const waiting: (() => void)[] = []
  const slow: ContactSource = {
    ...source,
    async get(request) {
      const read = await source.get(request)
      await new Promise<void>((resolve) => waiting.push(resolve))
      return read
    },
  }
  return { slow, waiting, answer: () => waiting.shift()?.() }
}

const versionsOf = async (contacts: CachedContacts, ...contactIds: readonly string[]) =>
  Object.fromEntries(
    (await contacts.get({ workspaceId, contactIds })).map(({ id, attributes }) => [id, attributes.version]),
  )

let prefix: string
let connections: readonly [Redis, Redis]

beforeEach(() => {
  prefix = newPrefix()
  connections = [connect(), connect()]
})

afterEach(async () => {
  const [connection] = connections
  for (const key of await keysOf(connection, prefix)) await connection.del(key)
  for (const each of connections) each.disconnect()
})

/** The cache as each of two processes has it. A source that is asked in tests may be slow; a server under load, too. */
const processes = (source: ContactSource, other = source) =>
  [
    cachedContacts({ source, connection: connections[0], prefix, timeoutMs: 10_000 }),
    cachedContacts({ source: other, connection: connections[1], prefix, timeoutMs: 10_000 }),
  ] as const

/** What was asked of Redis before has been done. */
const settled = () => Promise.all(connections.map((connection) => connection.ping()))

it('asks the source once for all processes, and only for those who are not there', async () => {
  const { source, asked } = host('ana', 'ben')
  const [one, other] = processes(source)
  const [ana] = await one.get({ workspaceId, contactIds: ['ana'] })
  await settled()
  expect(await other.get({ workspaceId, contactIds: ['ana'] })).toEqual([ana])
  expect(ana).toEqual(person('ana', 1))
  expect(await versionsOf(other, 'ben', 'ana', 'nobody', 'ana')).toEqual({ ana: 1, ben: 1 })
  expect(asked).toEqual(['ana', 'ben', 'nobody'])
})

it('keeps workspaces and ids of any characters apart, under hash tags of the workspace', async () => {
  const ids = ['a}b', 'a:b', '__proto__', 'ü', '{', ' ']
  const { source, asked } = host(...ids)
  const [one] = processes(source)
  await one.get({ workspaceId: 'x}:', contactIds: ids })
  await settled()
  expect((await one.get({ workspaceId: 'x}:', contactIds: ids })).map(({ id }) => id).sort()).toEqual([...ids].sort())
  expect(asked).toEqual(expect.arrayContaining(ids))
  expect(asked).toHaveLength(ids.length)
  for (const key of await keysOf(connections[0], prefix)) expect(key).toMatch(/^\{[^{}]+:contact:x%7D%3A:\d+\}:/)
  await one.get({ workspaceId: 'y', contactIds: ['ü'] })
  expect(asked).toHaveLength(ids.length + 1)
})

it('serves no process what was before a change', async () => {
  const { source, versions } = host('ana', 'ben')
  const [one, other] = processes(source)
  await one.get({ workspaceId, contactIds: ['ana', 'ben'] })
  await settled()
  versions.set('ana', 2).set('ben', 2)
  await one.changed({ workspaceId, contactIds: ['ana'] })
  expect(await versionsOf(other, 'ana', 'ben')).toEqual({ ana: 2, ben: 1 })
})

it('keeps no answer that was read before a change and comes after it', async () => {
  const { source, versions } = host('ana')
  const { slow, waiting, answer } = slowly(source)
  const [one, other] = processes(slow, source)
  const reading = versionsOf(one, 'ana')
  await expect.poll(() => waiting.length).toBe(1)
  versions.set('ana', 2)
  await other.changed({ workspaceId, contactIds: ['ana'] })
  expect(await versionsOf(other, 'ana')).toEqual({ ana: 2 })
  answer()
  expect(await reading).toEqual({ ana: 1 })
  await settled()
  versions.set('ana', 3)
  // Kept is what was read after the change.
  expect(await versionsOf(other, 'ana')).toEqual({ ana: 2 })
})

it('never serves a contact that was erased while it was being read, or that a source which lags behind still has', async () => {
  const { source } = host('ana')
  const { slow, waiting, answer } = slowly(source)
  const [one, other] = processes(slow, source)
  const reading = versionsOf(one, 'ana')
  await expect.poll(() => waiting.length).toBe(1)
  await other.erased({ workspaceId, contactIds: ['ana'] })
  answer()
  await reading
  await settled()
  expect(await versionsOf(one, 'ana')).toEqual({})
  expect(await versionsOf(other, 'ana')).toEqual({})
  const values = await Promise.all((await keysOf(connections[0], prefix)).map((key) => connections[0].get(key)))
  expect(values).toEqual(['-'])
  await other.changed({ workspaceId, contactIds: ['ana'] })
  expect(await versionsOf(other, 'ana')).toEqual({ ana: 1 })
})

it('answers what is there after a change, however reads and changes fall between each other', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  console.log(`seed ${seed}`)
  let state = seed
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >>> 8) % below
  }
  const soon = () => new Promise((resolve) => setTimeout(resolve, random(4)))
  const { source, asked, versions } = host('ana')
  const slow: ContactSource = {
    ...source,
    async get(request) {
      await soon()
      const read = await source.get(request)
      await soon()
      return read
    },
  }
  const both = processes(slow)
  let told = 1
  let reads = 0
  const read = async (): Promise<void> => {
    for (let n = 0; n < 150; n++) {
      const atLeast = told
      const { ana } = await versionsOf(both[random(2)] ?? both[0], 'ana')
      expect(ana).toBeGreaterThanOrEqual(atLeast)
      reads++
      await soon()
    }
  }
  const write = async (): Promise<void> => {
    for (let version = 2; version < 60; version++) {
      versions.set('ana', version)
      await (both[random(2)] ?? both[0]).changed({ workspaceId, contactIds: ['ana'] })
      told = version
      await soon()
      await soon()
    }
  }
  await Promise.all([read(), read(), read(), read(), write()])
  expect(reads).toBe(600)
  expect(asked.length).toBeLessThan(reads)
})

it('asks again when the time of an answer is over, and hands pages through', async () => {
  const { source, asked, versions } = host('ana')
  const contacts = cachedContacts({ source, connection: connections[0], prefix, ttlMs: 100, timeoutMs: 10_000 })
  await versionsOf(contacts, 'ana')
  versions.set('ana', 2)
  await expect.poll(() => versionsOf(contacts, 'ana')).toEqual({ ana: 2 })
  expect(asked.length).toBeGreaterThanOrEqual(2)
  expect(await contacts.page({ workspaceId, after: null, limit: 10 })).toEqual({
    contacts: [person('ana', 2)],
    next: null,
  })
})

it('asks the source where a key holds what this build does not understand', async () => {
  const { source } = host('ana')
  const [one] = processes(source)
  await versionsOf(one, 'ana')
  await settled()
  const [key = ''] = await keysOf(connections[0], prefix)
  for (const alien of ['=', '={', '=null', '={"id":"ben"}', '!', '?']) {
    await connections[0].set(key, alien)
    expect(await versionsOf(one, 'ana')).toEqual({ ana: 1 })
  }
})

it('tells what its options may be', () => {
  const { source } = host()
  const [connection] = connections
  const made = (options: object) => () => cachedContacts({ source, connection, ...options })
  expect(made({ source: {} })).toThrow(/needs a source with get\(\) and page\(\)/)
  expect(made({ connection: {} })).toThrow(/a connection made with ioredis/)
  expect(made({ prefix: '{x}' })).toThrow(/has no braces/)
  expect(made({ ttlMs: 0.5 })).toThrow('ttlMs is 0.5; give whole milliseconds, 1 or more.')
  expect(made({ timeoutMs: 0 })).toThrow('timeoutMs is 0; give whole milliseconds, 1 or more.')
})
