import { expect } from 'vitest'
import type { Condition } from '../../sequence/condition.js'
import { anEvent, minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'
import type { Stage } from './stage.js'

const ana = {
  id: 'ana',
  addresses: { email: 'ana@example.com', sms: '+15005550006' },
  zone: 'Europe/Berlin',
  locale: 'de',
  attributes: { plan: 'trial', team: { size: 3 } },
  tags: ['beta'],
}

async function walk(stage: Stage, where: Condition | null, limit: number): Promise<readonly string[]> {
  const found: string[] = []
  let after: string | null = null
  do {
    const page: Awaited<ReturnType<typeof stage.store.contacts.page>> = await stage.store.contacts.page({
      workspaceId: stage.workspaceId,
      where,
      now: testStart,
      after,
      limit,
    })
    expect(page.contacts.length).toBeLessThanOrEqual(limit)
    found.push(...page.contacts.map(({ id }) => id))
    if (page.next !== null && after !== null) expect(page.next > after).toBe(true)
    after = page.next
  } while (after !== null)
  return found
}

/** Contacts that the Store keeps. */
export const contactCases: Cases = {
  'a contact is kept as it was given': async (stage) => {
    expect(await stage.upsert([ana])).toEqual({ created: 1, updated: 0 })
    expect(await stage.contact('ana')).toEqual({ ...ana, workspaceId: stage.workspaceId, updatedAt: testStart })
  },

  'a contact of which only the id is given has nothing': async (stage) => {
    await stage.upsert([{ id: 'ben' }])
    expect(await stage.contact('ben')).toMatchObject({
      addresses: {},
      zone: null,
      locale: null,
      attributes: {},
      tags: [],
    })
  },

  'a second upsert changes what it names and leaves the rest': async (stage) => {
    await stage.upsert([ana])
    const change = {
      id: 'ana',
      addresses: { sms: null, push: 'device' },
      attributes: { team: { seats: 5 } },
      zone: null,
      locale: null,
    }
    expect(await stage.upsert([change], minute(1))).toEqual({ created: 0, updated: 1 })
    expect(await stage.contact('ana')).toEqual({
      ...ana,
      workspaceId: stage.workspaceId,
      addresses: { email: 'ana@example.com', push: 'device' },
      attributes: { plan: 'trial', team: { seats: 5 } },
      zone: null,
      locale: null,
      updatedAt: minute(1),
    })
  },

  'an attribute set to null is removed, and one that is undefined stays': async (stage) => {
    await stage.upsert([ana])
    await stage.upsert([{ id: 'ana', attributes: { plan: null, team: undefined, score: 0 } }])
    expect((await stage.contact('ana'))?.attributes).toEqual({ team: { size: 3 }, score: 0 })
  },

  'tags are replaced as a whole': async (stage) => {
    await stage.upsert([ana])
    await stage.upsert([{ id: 'ana', tags: ['vip', 'eu'] }])
    expect((await stage.contact('ana'))?.tags).toEqual(['vip', 'eu'])
  },

  'a contact named twice in one upsert takes both changes in their order': async (stage) => {
    const changes = [
      { id: 'ana', attributes: { plan: 'trial', a: 1 } },
      { id: 'ana', attributes: { plan: 'paid', b: 2 } },
    ]
    expect((await stage.upsert(changes)).created).toBe(1)
    expect((await stage.contact('ana'))?.attributes).toEqual({ plan: 'paid', a: 1, b: 2 })
  },

  'every upserted contact is in the inbox as changed': async (stage) => {
    await stage.upsert([ana, { id: 'ben' }])
    await stage.upsert([{ id: 'ben', tags: ['vip'] }], minute(1))
    const { workspaceId } = stage
    expect(await stage.inbox()).toMatchObject([
      { kind: 'contact_changed', workspaceId, contactId: 'ana', receivedAt: testStart },
      { kind: 'contact_changed', workspaceId, contactId: 'ben', receivedAt: testStart },
      { kind: 'contact_changed', workspaceId, contactId: 'ben', receivedAt: minute(1) },
    ])
  },

  'get() returns those that exist, of several workspaces at once': async (stage) => {
    await stage.upsert([ana])
    await stage.store.contacts.upsert({ workspaceId: stage.elsewhere, contacts: [{ id: 'ben' }], now: testStart })
    const found = await stage.store.contacts.get([
      { workspaceId: stage.workspaceId, contactId: 'ana' },
      { workspaceId: stage.workspaceId, contactId: 'ben' },
      { workspaceId: stage.elsewhere, contactId: 'ben' },
    ])
    expect(found.map(({ workspaceId, id }) => `${workspaceId} ${id}`).sort()).toEqual(['acme ana', 'globex ben'])
  },

  'pages walk through all contacts in the order of code points, each once': async (stage) => {
    const sorted = ['0', 'A', 'B', '_', 'a', 'a b', 'a-b', 'aB', 'ab', 'b', 'é']
    await stage.upsert(['b', 'a-b', 'B', 'é', 'ab', '_', 'a', '0', 'A', 'a b', 'aB'].map((id) => ({ id })))
    for (const limit of [1, 3, 100]) expect(await walk(stage, null, limit)).toEqual(sorted)
  },

  'pages hold a hundred contacts unless told otherwise': async (stage) => {
    await stage.upsert(Array.from({ length: 101 }, (_, index) => ({ id: `c${1000 + index}` })))
    const page = await stage.store.contacts.page({ workspaceId: stage.workspaceId, where: null, now: testStart })
    expect(page.contacts).toHaveLength(100)
    expect(page.next).toBe('c1099')
  },

  'pages hold those that satisfy a condition on attributes and tags, however few they are': async (stage) => {
    await stage.upsert(
      Array.from({ length: 30 }, (_, index) => ({
        id: `c${10 + index}`,
        attributes: { plan: index % 10 === 7 ? 'trial' : 'free' },
        tags: index === 17 ? ['vip'] : [],
      })),
    )
    const trial: Condition = { attribute: 'plan', op: 'is', value: 'trial' }
    expect(await walk(stage, trial, 2)).toEqual(['c17', 'c27', 'c37'])
    expect(await walk(stage, { all: [trial, { not: { tag: 'vip' } }] }, 5)).toEqual(['c17', 'c37'])
    expect(await walk(stage, { any: [] }, 5)).toEqual([])
  },

  'pages hold those that satisfy a condition on consent': async (stage) => {
    await stage.upsert([{ id: 'ana' }, { id: 'ben' }, { id: 'cyd' }])
    const said = (contactId: string, status: 'granted' | 'revoked') =>
      ({
        kind: 'consent',
        contactId,
        consent: { channel: 'email', topic: null, status, at: testStart, source: 'test' },
      }) as const
    await stage.permit([said('ana', 'granted'), said('ben', 'revoked')])
    expect(await walk(stage, { consent: 'granted', channel: 'email' }, 10)).toEqual(['ana'])
    expect(await walk(stage, { consent: 'unknown', channel: 'email' }, 10)).toEqual(['cyd'])
  },

  'pages hold those that satisfy a condition on events, whatever its since': async (stage) => {
    await stage.upsert([{ id: 'ana' }, { id: 'ben' }])
    await stage.append([
      anEvent('ana', { id: '1', at: minute(-60), data: { size: 3 } }),
      anEvent('ana', { id: '2', at: testStart, data: { size: 9 } }),
      anEvent('ben', { id: '3', at: testStart, data: { size: 1 } }),
    ])
    const created = { event: 'project.created' }
    expect(await walk(stage, created, 10)).toEqual(['ana', 'ben'])
    expect(await walk(stage, { ...created, atLeast: 2 }, 10)).toEqual(['ana'])
    expect(
      await walk(stage, { ...created, since: 'stepEntry', where: [{ field: 'size', op: 'lt', value: 3 }] }, 10),
    ).toEqual(['ben'])
  },

  'a count is of those that all pages hold together': async (stage) => {
    await stage.upsert([
      { id: 'ana', attributes: { plan: 'trial' } },
      { id: 'ben', tags: ['vip'] },
      { id: 'cyd', attributes: { plan: 'trial' }, tags: ['vip'] },
    ])
    await stage.append([anEvent('cyd')])
    const count = (where: Condition | null, workspaceId = stage.workspaceId) =>
      stage.store.contacts.count({ workspaceId, where, now: testStart })
    const trial: Condition = { attribute: 'plan', op: 'is', value: 'trial' }
    expect(await count(null)).toBe(3)
    expect(await count(trial)).toBe(2)
    expect(await count({ all: [trial, { not: { event: 'project.created' } }] })).toBe(1)
    expect(await count({ any: [] })).toBe(0)
    expect(await count(null, stage.elsewhere)).toBe(0)
  },

  'contacts are found by address, whatever its case, and no longer once it has changed': async (stage) => {
    await stage.upsert([ana, { id: 'ben', addresses: { email: 'Ana@example.com' } }])
    const at = async (channel: string, address: string): Promise<readonly string[]> => {
      const found = await stage.store.contacts.byAddress({ workspaceId: stage.workspaceId, channel, address })
      return found.map(({ id }) => id).sort()
    }
    expect(await at('email', 'ana@example.com')).toEqual(['ana', 'ben'])
    expect(await at('sms', 'ana@example.com')).toEqual([])
    await stage.upsert([{ id: 'ana', addresses: { email: 'new@example.com' } }])
    expect(await at('email', 'ana@example.com')).toEqual(['ben'])
    expect(await at('email', 'new@example.com')).toEqual(['ana'])
    expect(await at('sms', '+15005550006')).toEqual(['ana'])
  },
}
