import type { CampaignInput, Workspace } from '@drumbeat/core'
import { describe, expect, it } from 'vitest'
import { abandonedCart, dunning, welcome } from './campaigns.js'
import { play } from './play.js'
import { stores } from './stores.js'

interface Case {
  readonly sentence: string
  readonly campaign: CampaignInput
  readonly zone: string
  readonly from: string
  readonly until: string
  readonly events: { readonly [name: string]: string }
  readonly expected: readonly string[]
}

const cases: readonly Case[] = [
  {
    sentence: 'the welcome series keeps local time over the beginning of summer time',
    campaign: welcome,
    zone: 'America/New_York',
    from: '2026-03-01T00:00:00Z',
    until: '2026-04-01T00:00:00Z',
    events: { signed_up: '2026-03-06T16:20:00-05:00' },
    expected: [
      'E1 2026-03-06T21:20:00Z',
      'E2 2026-03-07T21:20:00Z',
      'E3 2026-03-09T13:00:00Z',
      'E4 2026-03-10T14:00:00Z',
      'E5 2026-03-15T14:00:00Z',
    ],
  },
  {
    sentence: 'an abandoned cart is written about after the quiet hours, then by elapsed hours',
    campaign: abandonedCart,
    zone: 'America/Los_Angeles',
    from: '2026-10-30T00:00:00Z',
    until: '2026-11-20T00:00:00Z',
    events: { cart_abandoned: '2026-10-31T20:15:00-07:00' },
    expected: ['S1 2026-11-01T17:00:00Z', 'E1 2026-11-02T03:15:00Z', 'E2 2026-11-03T03:15:00Z'],
  },
  {
    sentence: 'a purchase ends the messages about a cart',
    campaign: abandonedCart,
    zone: 'America/Los_Angeles',
    from: '2026-10-30T00:00:00Z',
    until: '2026-11-20T00:00:00Z',
    events: { cart_abandoned: '2026-10-31T20:15:00-07:00', order_placed: '2026-11-01T10:00:00-08:00' },
    expected: ['S1 2026-11-01T17:00:00Z'],
  },
  {
    sentence: 'a purchase at the very instant of a send wins',
    campaign: abandonedCart,
    zone: 'America/Los_Angeles',
    from: '2026-10-30T00:00:00Z',
    until: '2026-11-20T00:00:00Z',
    events: { cart_abandoned: '2026-10-31T20:15:00-07:00', order_placed: '2026-11-02T03:15:00Z' },
    expected: ['S1 2026-11-01T17:00:00Z'],
  },
  {
    sentence: 'every dunning step counts from the failure, and a Saturday becomes a Monday',
    campaign: dunning,
    zone: 'America/New_York',
    from: '2026-10-29T00:00:00Z',
    until: '2026-11-20T00:00:00Z',
    events: { payment_failed: '2026-10-30T22:40:00-04:00' },
    expected: [
      'D0 2026-10-31T02:40:00Z',
      'D1 2026-11-02T14:30:00Z',
      'D3 2026-11-02T19:00:00Z',
      'D7 2026-11-06T19:00:00Z',
    ],
  },
  {
    sentence: 'a payment ends dunning',
    campaign: dunning,
    zone: 'America/New_York',
    from: '2026-10-29T00:00:00Z',
    until: '2026-11-20T00:00:00Z',
    events: { payment_failed: '2026-10-30T22:40:00-04:00', payment_succeeded: '2026-11-02T12:00:00-05:00' },
    expected: ['D0 2026-10-31T02:40:00Z', 'D1 2026-11-02T14:30:00Z'],
  },
]

describe.each(Object.entries(stores))('on %s', (_name, open) => {
  it.each(cases)('$sentence', async ({ campaign, zone, from, until, events, expected }) => {
    const { store, close } = await open()
    try {
      const played = await play(store, {
        from,
        until,
        campaign,
        contacts: [{ id: 'ana', zone, addresses: { email: 'ana@example.com', sms: '+12125550100' } }],
        happenings: Object.entries(events).map(([event, at]) => ({
          at,
          does: (workspace: Workspace) => workspace.track({ contactId: 'ana', event, at }),
        })),
      })
      expect(await played.sends('ana')).toEqual(expected)
    } finally {
      await close()
    }
  })
})
