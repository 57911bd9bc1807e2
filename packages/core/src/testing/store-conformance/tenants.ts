import { expect } from 'vitest'
import { defaultWorkspaceSettings } from '../../campaign/workspace.js'
import { anEndpoint, anEvent, anOutboxEvent, aTemplate, testStart } from '../builders.js'
import { dumpWorkspace } from '../store-dump.js'
import type { Cases } from './cases.js'
import { callsByName, everyCall, type Target } from './every-call.js'
import type { Stage } from './stage.js'

/** Fills the stage's workspace with something of every kind. */
async function furnish(stage: Stage): Promise<Target> {
  const { workspaceId, store } = stage
  await store.control.saveWorkspace({ workspaceId, settings: defaultWorkspaceSettings })
  await store.control.audit([{ workspaceId, at: testStart, actor: null, action: 'a', subject: 'b', detail: {} }])
  await store.templates.publish(aTemplate({ workspaceId }))
  await stage.upsert([{ id: 'ana', addresses: { email: 'ana@example.com' } }])
  const suppression = {
    channel: 'email',
    address: 'ana@example.com',
    topic: 'news',
    reason: 'stop',
    at: testStart,
  } as const
  const consent = { channel: 'email', topic: null, status: 'granted', at: testStart, source: 'test' } as const
  await stage.permit([
    { kind: 'suppress', suppression },
    { kind: 'consent', contactId: 'ana', consent },
  ])
  const owner = await stage.engine()
  const { run, delivery } = await stage.startedRun(owner)
  await stage.append([anEvent('ana')])
  const inboxSeqs = (await stage.inbox()).map(({ seq }) => seq)
  const endpoint = anEndpoint({ workspaceId })
  await store.outbox.saveEndpoint({ endpoint, expectedRevision: null })
  const outbox = [anOutboxEvent({ workspaceId, id: 'canary' }), anOutboxEvent({ workspaceId, id: 'second' })]
  await store.contacts.changePermissions({ workspaceId, changes: [], now: testStart, outbox })
  const claim = { now: testStart, limit: 1, perEndpoint: 1, leaseMs: 60_000, except: [] }
  const [claimed] = await store.outbox.claim(claim)
  if (claimed === undefined) throw new Error('An event was written and could not be claimed.')
  return { workspaceId, owner, run, delivery, inboxSeqs, claimed }
}

/** Everything of the stage's workspace that can be read. */
function dump(stage: Stage): Promise<unknown> {
  return dumpWorkspace(stage.store, {
    workspaceId: stage.workspaceId,
    contactIds: ['ana'],
    addresses: [{ channel: 'email', address: 'ana@example.com' }],
    eventNames: ['project.created', 'foreign'],
    now: testStart,
  })
}

const acrossWorkspaces = new Set([
  'campaigns.live',
  'recipients.nextDueAt',
  'deliveries.nextLookAt',
  'inbox.peek',
  'outbox.nextDueAt',
])
const names = new Set(['control.heartbeat', 'deliveries.reserveIds'])

/** A tenant reads and changes nothing of another's, by whichever method and id. */
export const tenantCases: Cases = {
  'no method changes anything for another workspace than the one it is called for': async (stage) => {
    const target = await furnish(stage)
    const before = await dump(stage)
    for (const [name, call] of callsByName(everyCall(stage.store, { ...target, workspaceId: stage.elsewhere }))) {
      await call().catch(() => undefined)
      expect(await dump(stage), `after ${name} of a foreign workspace`).toEqual(before)
    }
  },

  'no method shows anything of another workspace than the one it is called for': async (stage) => {
    const target = await furnish(stage)
    const foreign = { ...target, workspaceId: stage.elsewhere }
    for (const [name, call] of callsByName(everyCall(stage.store, foreign))) {
      if (acrossWorkspaces.has(name) || names.has(name)) continue
      const answer = await call().catch(() => null)
      const shown = JSON.stringify(answer instanceof Map ? [...answer] : (answer ?? null))
      expect(shown, `what ${name} shows to a foreign workspace`).not.toContain(`"${stage.workspaceId}"`)
      expect(shown, `what ${name} shows to a foreign workspace`).not.toContain('"mail-account"')
    }
  },

  'writes on another workspace’s run and delivery are stale, and its attempts are not counted': async (stage) => {
    const target = await furnish(stage)
    const calls = everyCall(stage.store, { ...target, workspaceId: stage.elsewhere })
    expect(await calls.recipients.commit()).toEqual(['stale'])
    expect(await calls.deliveries.intend()).toEqual([{ result: 'stale' }])
    expect(await calls.deliveries.settle()).toEqual(['stale'])
    expect(await calls.control.openAttempts()).toEqual({ inFlight: 0, permitted: 0 })
    expect(await calls.inbox.ingest()).toMatchObject({ conflicts: [expect.any(String)] })
    expect(await calls.contacts.erase()).toBe(false)
    expect(await calls.outbox.requeue()).toBe(0)
    expect(await calls.outbox.deleteEndpoint()).toBe(false)
  },

  'in its own workspace every one of these calls reaches its things': async (stage) => {
    const target = await furnish(stage)
    const { contacts, recipients, deliveries, inbox, control, outbox } = everyCall(stage.store, target)
    for (const call of [contacts.get, contacts.byAddress, recipients.get, recipients.ofContact, deliveries.get]) {
      expect(await call()).toHaveLength(1)
    }
    expect(await control.openAttempts()).toMatchObject({ inFlight: 1 })
    expect(await deliveries.settle()).toEqual(['applied'])
    expect(await outbox.settle()).toMatchObject([{ disabled: { reason: 'failing' } }])
    expect(await outbox.requeue()).toBe(2)
    expect(await outbox.attempts()).toHaveLength(1)
    expect(await outbox.deleteEndpoint()).toBe(true)
    expect(await inbox.ingest()).toMatchObject({ conflicts: [expect.any(String)] })
    expect(await contacts.erase()).toBe(true)
  },
}
