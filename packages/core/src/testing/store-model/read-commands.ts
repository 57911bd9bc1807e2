import fc from 'fast-check'
import { contactKey } from '../../ports/store-contacts.js'
import type { Condition } from '../../sequence/condition.js'
import { byJson, itemsByKind } from '../store-dump.js'
import { among, type Command, command } from './command.js'
import { addressOf, world } from './subject.js'

const workspaceId = among(['acme', ...world.workspaces])
const campaignId = among(world.campaigns)
const contactId = among(world.contacts)

const audiences: readonly (Condition | null)[] = [
  null,
  { attribute: 'plan', op: 'is', value: 'trial' },
  { not: { tag: 'vip' } },
  {
    any: [
      { attribute: 'plan', op: 'missing' },
      { consent: 'granted', channel: 'email' },
    ],
  },
  { all: [{ event: 'visited' }, { not: { event: 'ordered', where: [{ field: 'size', op: 'gt', value: 2 }] } }] },
  { event: 'visited', atLeast: 2, since: 'ever' },
  { consent: 'revoked', channel: 'sms', topic: 'news' },
]

const metrics = [{ event: 'visited' }, { fact: 'delivered' }, { fact: 'opened' }] as const

/** Commands that only look. */
export const readCommands: readonly fc.Arbitrary<Command>[] = [
  command('page', fc.record({ workspaceId, where: among(audiences) }), async ({ store, now }, args) => {
    const found: unknown[] = []
    let after: string | null = null
    do {
      const page: Awaited<ReturnType<typeof store.contacts.page>> = await store.contacts.page({
        ...args,
        now,
        after,
        limit: 2,
      })
      found.push(...page.contacts.map(({ id }) => id))
      after = page.next
    } while (after !== null)
    return found
  }),
  command('count', fc.record({ workspaceId, where: among(audiences) }), ({ store, now }, args) =>
    store.contacts.count({ ...args, now }),
  ),
  command('byAddress', fc.record({ workspaceId, contactId }), async ({ store }, { workspaceId, contactId }) => {
    const found = await store.contacts.byAddress({ workspaceId, channel: 'email', address: addressOf(contactId) })
    return found.map(({ id }) => id).sort()
  }),
  command(
    'permissions',
    fc.record({ workspaceId, contactId, channel: among(world.channels) }),
    async ({ store }, { channel, ...key }) => {
      const found = await store.contacts.permissions([{ ...key, addresses: { [channel]: addressOf(key.contactId) } }])
      const { consents = [], suppressions = [] } = found.get(contactKey(key)) ?? {}
      const anonymous = suppressions.map(({ address, ...rest }) => rest)
      return { consents: [...consents].sort(byJson), suppressions: anonymous.sort(byJson) }
    },
  ),
  command(
    'events',
    fc.record({ workspaceId, contactId, names: among([['visited'], ['ordered', 'visited'], []]) }),
    ({ store }, query) => store.inbox.events([query]).then((found) => found.get(contactKey(query)) ?? []),
  ),
  command('peek', fc.constant(null), async (subject) => {
    const { items, runs } = await subject.store.inbox.peek({ limit: 1000 })
    return { ...itemsByKind(items), runs: runs.map((run) => subject.named(run)).sort(byJson) }
  }),
  command('ofContact', fc.record({ workspaceId, contactId }), async (subject, key) => {
    const runs = await subject.store.recipients.ofContact(key)
    return runs.map((run) => subject.named(run)).sort(byJson)
  }),
  command(
    'ofCampaign',
    fc.record({
      workspaceId,
      campaignId,
      live: among([undefined, true, false]),
      parked: among([undefined, true, false]),
    }),
    async (subject, { live, parked, ...key }) => {
      const filter = { ...(live === undefined ? {} : { live }), ...(parked === undefined ? {} : { parked }) }
      const runs = await subject.store.recipients.ofCampaign({ ...key, ...filter })
      return runs.map((run) => subject.named(run)).sort(byJson)
    },
  ),
  command(
    'deliveriesOf',
    fc.record({ workspaceId, campaignId, states: among([undefined, ['sent'], ['scheduled', 'unknown']] as const) }),
    ({ store }, { states, ...key }) =>
      store.deliveries.ofCampaign({ ...key, ...(states === undefined ? {} : { states }) }),
  ),
  command('tally', fc.record({ workspaceId, campaignId, metric: among(metrics) }), async ({ store, now }, args) => {
    const rows = await store.deliveries.tally({ ...args, stepId: 'split', now })
    return [...rows].sort(byJson)
  }),
  command('next', fc.constant(null), async ({ store }) => [
    await store.recipients.nextDueAt(),
    await store.deliveries.nextLookAt(),
  ]),
  command('live', fc.constant(null), async ({ store }) =>
    (await store.campaigns.live()).map(({ workspaceId, id }) => `${workspaceId}/${id}`).sort(),
  ),
  command('closedGates', fc.constant(null), async (subject) =>
    [...(await subject.store.control.closedGates({ workspaceIds: null }))]
      .map((gate) => subject.named(gate))
      .sort(byJson),
  ),
]
