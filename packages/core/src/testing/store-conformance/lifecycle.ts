import { expect } from 'vitest'
import { isDrumbeatError } from '../../errors.js'
import { aCampaign, aClaimedEvent, aDelivery, aNewRun, anEvent, testStart } from '../builders.js'
import type { Cases } from './cases.js'
import { callsByName, everyCall } from './every-call.js'

const nul = String.fromCharCode(0)

/** Opening, closing, and what may be put in. */
export const lifecycleCases: Cases = {
  'opening it a second time, also several times at once, does nothing': async (stage) => {
    await stage.upsert([{ id: 'ana' }])
    await Promise.all([stage.store.open(), stage.store.open()])
    expect(await stage.contact('ana')).toBeDefined()
  },

  'every call after close() rejects with a StorageError': async (stage) => {
    const run = await stage.run()
    const target = {
      workspaceId: stage.workspaceId,
      owner: await stage.engine(),
      run,
      delivery: aDelivery(run, { id: 1 }),
      inboxSeqs: [],
      claimed: aClaimedEvent(stage.workspaceId),
    }
    const calls = everyCall(stage.store, target)
    await stage.store.close()
    for (const [name, call] of callsByName(calls)) {
      const error = await call().catch((caught) => caught)
      expect(error, name).toMatchObject({ code: 'storage' })
    }
    const transaction = stage.store.transaction(async () => 'ran').catch((caught) => caught)
    expect(await transaction).toMatchObject({ code: 'storage' })
  },

  'calls under way when it is closed come to their end': async (stage) => {
    const calls = ['ana', 'ben', 'cyd'].map((id) => stage.upsert([{ id }]))
    await stage.store.close()
    expect(await Promise.all(calls)).toEqual([1, 2, 3].map(() => ({ created: 1, updated: 0 })))
  },

  'a text with a NUL is refused with everything of its call': async (stage) => {
    const { workspaceId, store } = stage
    const bad = `a${nul}b`
    const campaign = await stage.campaign()
    const calls = [
      () => stage.upsert([{ id: 'ana' }, { id: 'ben', attributes: { deep: [{ text: bad }] } }]),
      () => stage.upsert([{ id: 'ana' }, { id: bad }]),
      () => stage.append([anEvent('ana'), anEvent('ben', { data: { text: bad } })]),
      () => store.inbox.contactsChanged({ workspaceId, contactIds: ['ana', bad], now: testStart }),
      () => stage.enroll(campaign, ['ana', bad]),
      () =>
        store.campaigns.save({ campaign: aCampaign({ workspaceId, id: 'bad', name: bad }), expectedRevision: null }),
    ]
    for (const call of calls) expect(await call().catch((caught) => caught)).toMatchObject({ code: 'configuration' })
    expect(await stage.contact('ana')).toBeUndefined()
    expect(await stage.inbox()).toEqual([])
    expect(await store.recipients.ofCampaign({ workspaceId, campaignId: campaign.id })).toEqual([])
    expect(await store.campaigns.list({ workspaceId })).toHaveLength(1)
  },

  'a contact’s id has 1 to 255 characters': async (stage) => {
    for (const id of ['', 'x'.repeat(256)]) {
      expect(isDrumbeatError(await stage.upsert([{ id: 'ana' }, { id }]).catch((caught) => caught))).toBe(true)
    }
    expect(await stage.contact('ana')).toBeUndefined()
    const longest = 'x'.repeat(255)
    await stage.upsert([{ id: longest }])
    expect(await stage.contact(longest)).toBeDefined()
  },

  'a page has 1 to 1,000 rows': async (stage) => {
    const { workspaceId, store } = stage
    await stage.campaign()
    for (const limit of [0, -1, 1001, 1.5, Number.NaN]) {
      const calls = [
        () => store.contacts.page({ workspaceId, where: null, now: testStart, limit }),
        () => store.recipients.ofCampaign({ workspaceId, campaignId: 'onboarding', limit }),
        () => store.deliveries.ofCampaign({ workspaceId, campaignId: 'onboarding', limit }),
      ]
      for (const call of calls) expect(isDrumbeatError(await call().catch((caught) => caught))).toBe(true)
    }
  },

  'texts of every kind come back as they were': async (stage) => {
    const texts = [
      "O'Brien; DROP TABLE contacts; --",
      '{"a": "\\u0041"}',
      '😀 ÄÖ \u2028 \t\n',
      '$1 %s \\N',
      '',
      ' ',
      'null',
    ]
    const attributes = Object.fromEntries(texts.map((text, index) => [`${index}`, text]))
    await stage.upsert([{ id: "o'brien", attributes, tags: texts, zone: texts[0], locale: '' }])
    expect(await stage.contact("o'brien")).toMatchObject({ attributes, tags: texts, zone: texts[0], locale: '' })
    await stage.append(texts.map((name, index) => anEvent("o'brien", { id: `${index}`, name, data: { name } })))
    const items = (await stage.inbox()).filter(({ kind }) => kind === 'event')
    expect(items.map((item) => item.kind === 'event' && item.event.name)).toEqual(texts)
  },

  'names of object internals are names like any others': async (stage) => {
    for (const id of ['__proto__', 'constructor', 'toString']) {
      const campaign = await stage.campaign({ id })
      expect(await stage.contact(id)).toBeUndefined()
      await stage.upsert([{ id, addresses: { [id]: 'x' }, attributes: { constructor: 1 } }])
      expect(await stage.contact(id)).toMatchObject({ id, attributes: { constructor: 1 } })
      expect(await stage.enroll(campaign, [id], { runKey: id })).toHaveLength(1)
      expect(await stage.append([anEvent(id, { id, name: id })])).toEqual({ appended: 1 })
    }
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  },

  'what is handed in or out can be changed without changing the store': async (stage) => {
    const attributes = { team: { size: 3 } }
    await stage.upsert([{ id: 'ana', attributes }])
    attributes.team.size = 99
    const seen = (await stage.contact('ana'))?.attributes.team as { size: number }
    try {
      seen.size = 77
    } catch {
      // A store may hand out frozen values.
    }
    expect((await stage.contact('ana'))?.attributes).toEqual({ team: { size: 3 } })
    const campaign = await stage.campaign()
    const given = aNewRun(campaign, 'ana')
    const { enrolled } = await stage.store.recipients.enroll({ runs: [given], now: testStart })
    Object.assign(given.recipient.memory.visits, { welcome: 9 })
    expect((await stage.runNow(enrolled[0] ?? { workspaceId: '', id: 0 })).memory.visits).toEqual({})
  },
}
