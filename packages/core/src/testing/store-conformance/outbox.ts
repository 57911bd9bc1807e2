import { expect } from 'vitest'
import type { OutboxEvent } from '../../outbox/outbox-event.js'
import type { WebhookEndpoint } from '../../outbox/webhook-endpoint.js'
import type { ClaimedEvent, OutboxStore, WebhookAttempt } from '../../ports/store-outbox.js'
import type { Instant } from '../../schedule/instant.js'
import { anOutboxEvent, aReport, minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'
import { only, type Stage } from './stage.js'

const leaseMs = 60_000
const taken: Partial<WebhookAttempt> = { answer: 'taken', status: 204, code: null }

/** Writes events, each of the contact that stands before the dash: `ana-1`. */
async function write(stage: Stage, ...names: readonly string[]): Promise<void> {
  const { workspaceId } = stage
  const outbox = names.map((id): OutboxEvent => {
    const [contactId = ''] = id.split('-')
    return anOutboxEvent({ workspaceId, id, stream: `contact/${contactId}`, data: { contactId, z: 1, a: [id] } })
  })
  await stage.store.contacts.changePermissions({ workspaceId, changes: [], now: testStart, outbox })
}

function claim(
  stage: Stage,
  now: Instant = testStart,
  change: Partial<Parameters<OutboxStore['claim']>[0]> = {},
): Promise<readonly ClaimedEvent[]> {
  return stage.store.outbox.claim({ now, limit: 100, perEndpoint: 100, leaseMs, except: [], ...change })
}

const names = (claimed: readonly ClaimedEvent[]) => claimed.map(({ event }) => event.id)

function settle(
  stage: Stage,
  claimed: readonly ClaimedEvent[],
  report: Partial<WebhookAttempt>,
  { now = testStart, retryAt = null }: { readonly now?: Instant; readonly retryAt?: Instant | null } = {},
): Promise<readonly WebhookEndpoint[]> {
  const tellings = claimed.map((one) => ({
    workspaceId: one.endpoint.workspaceId,
    endpointId: one.endpoint.id,
    id: one.id,
    report: aReport(one, report),
    retryAt,
  }))
  return stage.store.outbox.settle({ tellings, now, disableAfterMs: 60 * 60_000 })
}

const key = (stage: Stage) => ({ workspaceId: stage.workspaceId, endpointId: 'crm' })

/** Events are told at least once, in order within a stream, and to each endpoint for itself. */
export const outboxCases: Cases = {
  'an endpoint is kept as it was written, changed at its revision only, and deleted with all that is its own': async (
    stage,
  ) => {
    const { outbox } = stage.store
    const { workspaceId } = stage
    const first = await stage.endpoint({ types: ['delivery.sent', 'consent.recorded'], createdAt: minute(2) })
    const earlier = await stage.endpoint({ id: 'zeta', previousSecretUntil: minute(9), createdAt: minute(1) })
    expect(await outbox.endpoints({ workspaceId })).toEqual([earlier, first])
    const save = (expectedRevision: number | null, change: Partial<WebhookEndpoint> = {}) =>
      outbox.saveEndpoint({ endpoint: { ...first, ...change }, expectedRevision })
    await expect(save(null)).rejects.toMatchObject({ code: 'conflict', kind: 'duplicate' })
    await expect(save(4)).rejects.toMatchObject({ code: 'conflict', kind: 'stale' })
    const disabled = { reason: 'host', at: minute(3) } as const
    await save(1, { revision: 2, disabled, types: [], description: 'CRM' })
    expect(await outbox.endpoints({ workspaceId })).toEqual([
      earlier,
      { ...first, revision: 2, disabled, types: [], description: 'CRM' },
    ])
    await save(2, { revision: 3 })
    await write(stage, 'ana-1')
    await outbox.recordAttempt({ ...key(stage), report: aReport(only(await claim(stage, testStart, { limit: 1 }))) })
    expect(await outbox.deleteEndpoint(key(stage))).toBe(true)
    expect(await outbox.deleteEndpoint(key(stage))).toBe(false)
    expect(await outbox.attempts({ ...key(stage), limit: 10 })).toEqual([])
    expect(await outbox.endpoints({ workspaceId })).toEqual([earlier])
    expect(names(await claim(stage, minute(5)))).toEqual(['ana-1'])
  },

  'what enabled endpoints want is told, by workspace': async (stage) => {
    const { workspaceId, elsewhere } = stage
    await stage.endpoint({ types: ['delivery.sent'] })
    await stage.endpoint({ id: 'every', createdAt: minute(1) })
    await stage.endpoint({ id: 'off', disabled: { reason: 'gone', at: testStart } })
    await stage.endpoint({ workspaceId: elsewhere, types: ['campaign.paused'] })
    expect(await stage.store.outbox.wanted({ workspaceIds: [workspaceId, workspaceId, 'nobody'] })).toEqual([
      { workspaceId, types: ['delivery.sent'] },
      { workspaceId, types: [] },
    ])
  },

  'an event is claimed with its endpoint as it was written, and by one caller only': async (stage) => {
    const crm = await stage.endpoint()
    await write(stage, 'ana-1', 'ben-1', 'cyd-1', 'dee-1')
    const claims = await Promise.all([claim(stage), claim(stage), claim(stage)])
    const claimed = claims.flat()
    expect([...names(claimed)].sort()).toEqual(['ana-1', 'ben-1', 'cyd-1', 'dee-1'])
    const first = claimed.find(({ event }) => event.id === 'ana-1')
    expect(first).toMatchObject({ attempt: 1, endpoint: crm })
    expect(JSON.stringify(first?.event.data)).toBe('{"contactId":"ana","z":1,"a":["ana-1"]}')
    expect(await claim(stage)).toEqual([])
  },

  'events of one stream are told one after the other, and streams do not wait for each other': async (stage) => {
    await stage.endpoint()
    await write(stage, 'ana-1', 'ana-2', 'ben-1', 'ana-3')
    const first = await claim(stage)
    expect(names(first)).toEqual(['ana-1', 'ben-1'])
    await settle(stage, first, taken)
    const second = await claim(stage)
    expect(names(second)).toEqual(['ana-2'])
    await settle(stage, second, taken)
    expect(names(await claim(stage))).toEqual(['ana-3'])
  },

  'an event that fails holds back its own stream at its own endpoint, until it is told or set aside': async (stage) => {
    await stage.endpoint()
    await stage.endpoint({ id: 'second' })
    await write(stage, 'ana-1', 'ana-2', 'ben-1')
    const [mine, theirs] = [
      (await claim(stage)).filter(({ endpoint: { id } }) => id === 'crm'),
      await claim(stage, minute(2)).then((all) => all.filter(({ endpoint: { id } }) => id === 'second')),
    ]
    const ofAna = mine.filter(({ event }) => event.id === 'ana-1')
    // The lease of the first claim is over by minute 2, and it was claimed again.
    expect(await settle(stage, ofAna, {}, { retryAt: minute(10) })).toEqual([])
    await settle(stage, theirs, taken, { now: minute(2) })
    const later = await claim(stage, minute(4))
    expect(later.map(({ endpoint: { id }, event, attempt }) => `${id} ${event.id} ${attempt}`)).toEqual(
      expect.arrayContaining(['second ana-2 1', 'crm ana-1 3', 'crm ben-1 3']),
    )
    const again = later.filter(({ endpoint: { id }, event }) => id === 'crm' && event.id === 'ana-1')
    await settle(stage, again, {}, { retryAt: minute(10), now: minute(4) })
    await settle(
      stage,
      later.filter((one) => !again.includes(one)),
      taken,
      { now: minute(4) },
    )
    expect(await stage.store.outbox.nextDueAt()).toBe(minute(10))
    await write(stage, 'ana-3', 'ben-2')
    const fresh = (await claim(stage, minute(5))).map(({ endpoint: { id }, event }) => `${id} ${event.id}`)
    expect(fresh.sort()).toEqual(['crm ben-2', 'second ana-3', 'second ben-2'])
    const last = await claim(stage, minute(10))
    expect(names(last)).toContain('ana-1')
    await settle(
      stage,
      last.filter(({ event }) => event.id === 'ana-1'),
      {},
      { now: minute(10) },
    )
    expect(names(await claim(stage, minute(10)))).toContain('ana-2')
    expect(await stage.store.outbox.backlog({ workspaceId: stage.workspaceId })).toMatchObject([
      { endpointId: 'crm', setAside: 1 },
      { endpointId: 'second', setAside: 0 },
    ])
  },

  'a claim whose lease ran out is given again, and what its first holder says by then changes nothing': async (
    stage,
  ) => {
    await stage.endpoint()
    await write(stage, 'ana-1')
    const lost = await claim(stage)
    expect(await claim(stage, minute(1) - 1)).toEqual([])
    expect(await stage.store.outbox.nextDueAt()).toBe(minute(1))
    const found = await claim(stage, minute(1))
    expect(only(found)).toMatchObject({ id: only(lost).id, attempt: 2 })
    await settle(stage, lost, taken, { now: minute(1) })
    await settle(stage, found, {}, { now: minute(1), retryAt: minute(3) })
    expect(names(await claim(stage, minute(3)))).toEqual(['ana-1'])
  },

  'endpoints are given shares, and those that are to be left alone nothing': async (stage) => {
    await stage.endpoint()
    await stage.endpoint({ id: 'second' })
    await write(stage, 'ana-1', 'ben-1', 'cyd-1')
    const some = await claim(stage, testStart, { perEndpoint: 2, limit: 3 })
    expect(some).toHaveLength(3)
    expect(some.filter(({ endpoint: { id } }) => id === 'crm').length).toBeLessThanOrEqual(2)
    const rest = await claim(stage, testStart, { except: [key(stage)] })
    expect(rest.map(({ endpoint: { id } }) => id)).not.toContain('crm')
  },

  'what was set aside is counted, kept, and told from its first attempt on when it is asked for': async (stage) => {
    const { outbox } = stage.store
    await stage.endpoint()
    await write(stage, 'ana-1', 'ben-1')
    const claimed = await claim(stage)
    await settle(stage, claimed.slice(0, 1), {})
    await settle(stage, claimed.slice(1), {}, { retryAt: minute(30) })
    expect(await outbox.backlog({ workspaceId: stage.workspaceId })).toEqual([
      { endpointId: 'crm', waiting: 1, setAside: 1 },
    ])
    expect(await claim(stage, minute(5))).toEqual([])
    expect(await outbox.requeue({ ...key(stage), setAside: false, now: minute(5) })).toBe(1)
    expect(names(await claim(stage, minute(5)))).toEqual(['ben-1'])
    expect(await outbox.requeue({ ...key(stage), setAside: true, now: minute(6) })).toBe(2)
    const again = (await claim(stage, minute(6))).find(({ event }) => event.id === 'ana-1')
    expect(again?.attempt).toBe(1)
  },

  'an endpoint that is gone is disabled at once: it is written and told nothing, and what waits for it stays': async (
    stage,
  ) => {
    const { outbox } = stage.store
    await stage.endpoint()
    await write(stage, 'ana-1', 'ana-2', 'ben-1')
    const [first] = await claim(stage)
    const gone = await settle(
      stage,
      first === undefined ? [] : [first],
      { answer: 'gone', status: 410 },
      { retryAt: 0 },
    )
    const disabled = { reason: 'gone', at: testStart } as const
    expect(gone).toMatchObject([{ id: 'crm', disabled, revision: 2 }])
    expect(await outbox.endpoints({ workspaceId: stage.workspaceId })).toEqual(gone)
    await write(stage, 'ana-3')
    expect(await claim(stage, minute(30))).toEqual([])
    expect(await outbox.nextDueAt()).toBeNull()
    expect(await outbox.wanted({ workspaceIds: [stage.workspaceId] })).toEqual([])
    await outbox.saveEndpoint({ endpoint: { ...only(gone), disabled: null, revision: 3 }, expectedRevision: 2 })
    expect([...names(await claim(stage, minute(30)))].sort()).toEqual(['ana-1', 'ben-1'])
  },

  'an endpoint that takes nothing for long is disabled, and one success is enough to start over': async (stage) => {
    await stage.endpoint()
    await write(stage, 'ana-1', 'ben-1')
    const fail = async (at: Instant) => settle(stage, await claim(stage, at), {}, { now: at, retryAt: at })
    const health = async () => only(await stage.store.outbox.endpoints({ workspaceId: stage.workspaceId }))
    expect(await fail(minute(0))).toEqual([])
    expect(await fail(minute(59))).toEqual([])
    expect(await health()).toMatchObject({ failingSince: testStart, disabled: null, revision: 1 })
    const [one, ...others] = await claim(stage, minute(70))
    if (one === undefined) throw new Error('Nothing was claimed.')
    await settle(stage, [one], taken, { now: minute(70) })
    expect(await health()).toMatchObject({ failingSince: null, disabled: null })
    expect(await settle(stage, others, {}, { now: minute(70), retryAt: minute(70) })).toEqual([])
    expect(await fail(minute(129))).toEqual([])
    expect(await fail(minute(130))).toMatchObject([{ disabled: { reason: 'failing', at: minute(130) } }])
  },

  'how attempts ended can be read, the newest first, until it is forgotten': async (stage) => {
    const { outbox } = stage.store
    await stage.endpoint()
    await write(stage, 'ana-1')
    const failed = await claim(stage)
    await settle(stage, failed, { at: minute(1) }, { retryAt: minute(2) })
    await settle(stage, await claim(stage, minute(2)), { ...taken, at: minute(2) }, { now: minute(2) })
    const test = { eventId: 'tried', type: 'webhook.test', attempt: 1, at: minute(3), durationMs: 1 } as const
    const report = { ...test, answer: 'failed', status: null, code: 'ECONNREFUSED' } as const
    await outbox.recordAttempt({ ...key(stage), report })
    const [first] = failed
    if (first === undefined) throw new Error('Nothing was claimed.')
    expect(await outbox.attempts({ ...key(stage), limit: 10 })).toEqual([
      report,
      { ...aReport({ ...first, attempt: 2 }, taken), at: minute(2) },
      { ...aReport(first), at: minute(1) },
    ])
    expect(await outbox.attempts({ ...key(stage), limit: 1 })).toEqual([report])
    await write(stage, 'ana-2')
    expect(await outbox.tidy({ attemptsBefore: minute(3), eventsBefore: testStart })).toBe(2)
    expect(await outbox.attempts({ ...key(stage), limit: 10 })).toEqual([report])
    expect(await outbox.tidy({ attemptsBefore: testStart, eventsBefore: minute(60) })).toBe(1)
    expect(await outbox.backlog({ workspaceId: stage.workspaceId })).toEqual([])
  },
}
