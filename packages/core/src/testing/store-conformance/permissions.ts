import { expect } from 'vitest'
import type { Consent } from '../../contact/consent.js'
import type { Suppression } from '../../contact/suppression.js'
import { contactKey, type PermissionChange } from '../../ports/store-contacts.js'
import type { Instant } from '../../schedule/instant.js'
import { anEvent, minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'

const said = (contactId: string, change: Partial<Consent> = {}): PermissionChange => ({
  kind: 'consent',
  contactId,
  consent: { channel: 'email', topic: null, status: 'granted', at: testStart, source: 'signup form', ...change },
})

const suppressed = (change: Partial<Suppression> = {}): PermissionChange => ({
  kind: 'suppress',
  suppression: {
    channel: 'email',
    address: 'ana@example.com',
    topic: null,
    reason: 'stop',
    at: testStart,
    ...change,
  },
})

const lifted = (...reasons: readonly Suppression['reason'][]): PermissionChange => ({
  kind: 'lift',
  channel: 'email',
  address: 'ana@example.com',
  reasons,
})

/** Consents and suppressions, also of contacts that the host keeps. */
export const permissionCases: Cases = {
  'what one cause changes is changed once, however long ago that was, and whatever else the cause brings': async (
    stage,
  ) => {
    const { store, workspaceId } = stage
    const change = (once: string, changes: readonly PermissionChange[], now: Instant) =>
      store.contacts.changePermissions({ workspaceId, changes, now, once: [once] })
    await change('m1', [suppressed()], testStart)
    await change('m2', [lifted('stop')], minute(1))
    await store.control.tidy({ now: minute(100), keepKeysMs: 0 })
    await change('m1', [suppressed({ at: minute(100) }), said('ana')], minute(100))
    expect(await stage.permissions('ana')).toEqual({ consents: [], suppressions: [] })
    await Promise.all([1, 2, 3].map(() => change('m3', [suppressed({ at: minute(101) })], minute(101))))
    expect(await stage.permissions('ana')).toMatchObject({ suppressions: [{ at: minute(101) }] })
  },

  'of several causes each counts once, and one that came beside a known one is still new': async (stage) => {
    const { store, workspaceId } = stage
    const change = (once: readonly string[], reason: Suppression['reason'], eventId: string) =>
      store.contacts.changePermissions({
        workspaceId,
        changes: [suppressed({ reason })],
        now: testStart,
        once,
        events: [anEvent('ana', { id: eventId })],
      })
    await change(['m1', 'token'], 'stop', 'first')
    await change(['m2', 'token'], 'complaint', 'second')
    await change(['m2'], 'hard_bounce', 'third')
    expect((await stage.permissions('ana')).suppressions.map(({ reason }) => reason).sort()).toEqual([
      'hard_bounce',
      'stop',
    ])
    const events = (await stage.inbox()).map((item) => (item.kind === 'event' ? item.event.id : item.kind))
    expect(events).toEqual(['first', 'third'])
  },

  'another workspace has causes of its own': async (stage) => {
    const { store, workspaceId } = stage
    const now = testStart
    await store.contacts.changePermissions({ workspaceId: `${workspaceId}-2`, changes: [], now, once: ['m1'] })
    await store.contacts.changePermissions({ workspaceId, changes: [suppressed()], now, once: ['m1'] })
    expect(await stage.permissions('ana')).toMatchObject({ suppressions: [{ reason: 'stop' }] })
  },

  'every contact that is asked for has an entry, known or not': async (stage) => {
    await stage.permit([said('ana')])
    const keys = ['ana', 'nobody'].map((contactId) => ({ workspaceId: stage.workspaceId, contactId, addresses: {} }))
    const found = await stage.store.contacts.permissions(keys)
    expect(keys.map((key) => found.get(contactKey(key))?.consents.length)).toEqual([1, 0])
  },

  'a consent is kept for a contact that the store has never seen': async (stage) => {
    await stage.permit([said('hosted', { topic: 'news', status: 'pending' })])
    expect(await stage.permissions('hosted')).toEqual({
      consents: [{ channel: 'email', topic: 'news', status: 'pending', at: testStart, source: 'signup form' }],
      suppressions: [],
    })
  },

  'the consent said later counts, in whichever order they are written': async (stage) => {
    await stage.permit([said('ana', { status: 'granted', at: minute(2) })])
    await stage.permit([said('ana', { status: 'revoked', at: minute(1) })])
    await stage.permit([
      said('ben', { status: 'revoked', at: minute(1) }),
      said('ben', { status: 'granted', at: minute(2) }),
    ])
    for (const contactId of ['ana', 'ben']) {
      expect((await stage.permissions(contactId)).consents).toMatchObject([{ status: 'granted', at: minute(2) }])
    }
  },

  'of two consents of one instant a revocation counts, else the one written last': async (stage) => {
    await stage.permit([said('ana', { status: 'revoked' })])
    await stage.permit([said('ana', { status: 'granted' })])
    expect((await stage.permissions('ana')).consents).toMatchObject([{ status: 'revoked' }])
    await stage.permit([said('ben', { status: 'pending' })])
    await stage.permit([said('ben', { status: 'granted' })])
    expect((await stage.permissions('ben')).consents).toMatchObject([{ status: 'granted' }])
  },

  'channels and topics have consents of their own': async (stage) => {
    await stage.permit([
      said('ana'),
      said('ana', { topic: 'news' }),
      said('ana', { channel: 'sms', status: 'revoked' }),
    ])
    expect((await stage.permissions('ana')).consents).toHaveLength(3)
  },

  'a suppression is found through the address, whoever has it and whatever its case': async (stage) => {
    await stage.permit([suppressed({ address: 'Ana@example.com', topic: 'news', reason: 'unsubscribed' })])
    for (const contactId of ['ana', 'nobody']) {
      const { suppressions } = await stage.permissions(contactId, { email: 'ana@Example.com', sms: '+15005550006' })
      expect(suppressions).toMatchObject([{ channel: 'email', topic: 'news', reason: 'unsubscribed', at: testStart }])
    }
  },

  'a suppression of one channel says nothing about the same address on another': async (stage) => {
    await stage.permit([suppressed()])
    expect((await stage.permissions('ana', { push: 'ana@example.com' })).suppressions).toEqual([])
  },

  'suppressions for several reasons and topics stand beside each other, each with its latest time': async (stage) => {
    await stage.permit([
      suppressed(),
      suppressed({ reason: 'complaint', at: minute(2) }),
      suppressed({ reason: 'complaint', at: minute(1) }),
      suppressed({ topic: 'news' }),
    ])
    const { suppressions } = await stage.permissions('ana')
    expect(suppressions).toHaveLength(3)
    expect(suppressions).toContainEqual(expect.objectContaining({ reason: 'complaint', at: minute(2) }))
  },

  'lifting takes the named reasons and leaves the others': async (stage) => {
    await stage.permit([suppressed(), suppressed({ reason: 'unsubscribed' }), suppressed({ reason: 'hard_bounce' })])
    await stage.permit([lifted('stop', 'unsubscribed')])
    expect((await stage.permissions('ana')).suppressions).toMatchObject([{ reason: 'hard_bounce' }])
  },

  'changes of one call are taken in their order': async (stage) => {
    await stage.permit([suppressed(), lifted('stop')])
    expect((await stage.permissions('ana')).suppressions).toEqual([])
    await stage.permit([lifted('stop'), suppressed()])
    expect((await stage.permissions('ana')).suppressions).toHaveLength(1)
  },

  'a suppression outlives the address of the contact': async (stage) => {
    await stage.upsert([{ id: 'ana', addresses: { email: 'ana@example.com' } }])
    await stage.permit([suppressed()])
    await stage.upsert([{ id: 'ana', addresses: { email: null } }])
    await stage.upsert([{ id: 'ben', addresses: { email: 'ana@example.com' } }])
    expect((await stage.permissions('ben', { email: 'ana@example.com' })).suppressions).toHaveLength(1)
  },
}
