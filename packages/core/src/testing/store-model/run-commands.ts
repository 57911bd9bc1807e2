import fc from 'fast-check'
import type { FrequencyCap } from '../../contact/frequency-cap.js'
import type { PermissionChange } from '../../contact/permission-change.js'
import type { Delivery } from '../../delivery/delivery.js'
import type { Intent, Settlement } from '../../ports/store-deliveries.js'
import type { Owner, RunChange } from '../../ports/store-recipients.js'
import { isLive, type Recipient } from '../../recipient/recipient.js'
import type { Instant } from '../../schedule/instant.js'
import { anIntent, aSettlement } from '../builders.js'
import { byJson } from '../store-dump.js'
import { among, type Command, command, upTo } from './command.js'
import { buildChange, buildRun, move, newRun } from './decisions.js'
import { addressOf, type Claim, type Subject, timing, world } from './subject.js'

const workspaceId = among(['acme', ...world.workspaces])
const _campaignId = among(world.campaigns)
const engineId = among(world.engines)
const caps: readonly FrequencyCap[] = [{ max: 1, per: 'PT3M', outside: 'defer' }]

async function buildIntent(subject: Subject, { run }: Claim, capped: boolean): Promise<Intent | null> {
  const open = await openDelivery(subject, run)
  if (open === 'busy') return null
  const id = open?.id ?? (await subject.newDeliveryId(run.workspaceId))
  const attempts = (open?.attempts ?? 0) + 1
  const delivery = { ...open, id, state: 'sending', attempts, intendedAt: open?.intendedAt ?? subject.now } as const
  const guard = { address: addressOf(run.contactId), caps: capped ? caps : [], lateGapMs: capped ? 60_000 : null }
  return anIntent(run, { ...delivery, plannedAt: subject.now, dueAt: subject.now }, { now: subject.now, guard })
}

/** The delivery of the run's visit: to be started, or in the way. */
async function openDelivery(subject: Subject, run: Recipient): Promise<Delivery | 'busy' | undefined> {
  const all = await subject.store.deliveries.ofRecipients([{ workspaceId: run.workspaceId, recipientId: run.id }])
  const own = (all.get(run.id) ?? []).find(({ visit }) => visit === run.visit)
  return own === undefined || own.state === 'scheduled' || own.state === 'retry_wait' ? own : 'busy'
}

const outcome = fc.record({
  n: upTo(5),
  any: among([false, false, false, true]),
  from: among(['sending', 'sending', 'unknown'] as const),
  state: among(['sent', 'retry_wait', 'failed', 'unknown', 'scheduled'] as const),
  older: among([false, false, false, true]),
  stale: among([false, false, true]),
  change: among(['advance', 'none'] as const),
  bad: among([false, false, false, false, true]),
})

function closing({ channel, contactId }: Delivery, at: Instant): PermissionChange {
  return {
    kind: 'suppress',
    suppression: { channel, address: addressOf(contactId), topic: null, reason: 'invalid', at },
  }
}

async function buildSettlement(
  subject: Subject,
  args: typeof outcome extends fc.Arbitrary<infer Args> ? Args : never,
): Promise<Settlement | null> {
  const delivery = await subject.delivery(args.n, args.any ? undefined : args.from)
  if (delivery === undefined) return null
  const { workspaceId, recipientId } = delivery
  const [run] = await subject.store.recipients.get({ workspaceId, recipientIds: [recipientId] })
  const view = run === undefined ? null : { ...run, fence: args.stale ? run.fence - 1 : run.fence }
  const state = args.from === 'unknown' && args.state === 'scheduled' ? 'unresolved' : args.state
  const provider = args.bad ? `p${String.fromCharCode(0)}` : `p-${args.n % 2}`
  return aSettlement(delivery, {
    attempt: delivery.attempts - (args.older ? 1 : 0),
    state,
    reason: state === 'sent' ? null : 'model',
    providerId: state === 'sent' ? provider : null,
    sentAt: state === 'sent' ? subject.now : null,
    facts: [{ kind: 'accepted', at: subject.now }],
    attemptCounts: state !== 'scheduled',
    lookAt: state === 'unknown' ? subject.now + 60_000 : null,
    permissions: state === 'failed' ? [closing(delivery, subject.now)] : [],
    change:
      view === null || !isLive(view) || args.change === 'none' ? null : await buildChange(subject, view, args.change),
  })
}

/** Renews an engine's lease, or starts it over when that is asked for or needed; only engines that are alive claim. */
async function beat(subject: Subject, engineId: string, renew: boolean): Promise<unknown> {
  const request = { engineId, leaseMs: timing.leaseMs, now: subject.now }
  const { control } = subject.store
  const renewed = renew ? await control.heartbeat({ ...request, epoch: subject.owner(engineId).epoch }) : null
  const begun = renewed ?? (await control.heartbeat({ ...request, epoch: null }))
  if (begun !== null) subject.began(engineId, begun.epoch)
  return { renewed, begun }
}

/** What moves runs on: given often. */
export const hotCommands: readonly fc.Arbitrary<Command>[] = [
  enrollCommand(),
  command(
    'claim',
    fc.record({
      engineId,
      block: fc.option(fc.record({ workspaceId, channel: among(world.channels) }), { nil: null }),
    }),
    async (subject, { engineId, block }) => {
      await beat(subject, engineId, true)
      const blocked = block === null ? [] : [block]
      const request = { owner: subject.owner(engineId), now: subject.now, limit: 1000, skewMs: timing.skewMs, blocked }
      const claimed = await subject.store.recipients.claimDue(request)
      subject.saw(claimed, request.owner)
      return claimed.map((run) => subject.named(run)).sort(byJson)
    },
  ),
  command(
    'commit',
    fc.array(fc.record({ n: upTo(5), stale: among([false, false, true]), move }), { minLength: 1, maxLength: 2 }),
    async (subject, chosen) => {
      const changes: RunChange[] = []
      for (const { n, stale, move } of chosen) {
        const run = stale ? subject.seen(n) : await subject.fresh(n)
        if (run !== undefined && isLive(run)) changes.push(await buildChange(subject, run, move))
      }
      return subject.store.recipients.commit(changes)
    },
  ),
  command(
    'intend',
    fc.record({
      capped: fc.boolean(),
      chosen: fc.array(fc.record({ n: upTo(5), stale: among([false, false, true]) }), { minLength: 1, maxLength: 3 }),
    }),
    async (subject, { capped, chosen }) => {
      const intents = new Map<string, Intent>()
      let owner: Owner | undefined
      for (const { n, stale } of chosen) {
        const claim = await subject.claim(n, stale)
        owner ??= claim?.owner
        if (claim === undefined || claim.owner !== owner) continue
        const intent = await buildIntent(subject, claim, capped)
        // One per contact: whether a closed one counts against the next is the store's choice.
        if (intent !== null) intents.set(`${intent.change.workspaceId}/${intent.delivery.contactId}`, intent)
      }
      if (owner === undefined) return 'nothing is claimed'
      const request = {
        intents: [...intents.values()],
        owner,
        now: subject.now,
        permitMs: timing.permitMs,
        timeoutMs: 2000,
      }
      return subject.store.deliveries.intend(request)
    },
  ),
  command('settle', fc.array(outcome, { minLength: 1, maxLength: 3 }), async (subject, chosen) => {
    const from = chosen[0]?.from ?? 'sending'
    const built: Settlement[] = []
    for (const args of chosen) {
      const settlement = await buildSettlement(subject, { ...args, from })
      const isNew = built.every(({ deliveryId }) => deliveryId !== settlement?.deliveryId)
      if (settlement !== null && isNew) built.push(settlement)
    }
    return subject.store.deliveries.settle({ settlements: built, from, now: subject.now })
  }),
]

/** What an engine does now and then. */
export const engineCommands: readonly fc.Arbitrary<Command>[] = [
  command('heartbeat', fc.record({ engineId, renew: fc.boolean() }), (subject, { engineId, renew }) =>
    beat(subject, engineId, renew),
  ),
  command('retire', engineId, (subject, engineId) => subject.store.control.retire(subject.owner(engineId))),
  command(
    'activate',
    fc.record({ run: newRun, from: among([null, 'm']), to: among(['m', 'z', null]) }),
    async (subject, { run, from, to }) => {
      const built = buildRun(subject, run)
      if (built === null) return 'no campaign'
      const { workspaceId, campaignId } = built
      const activation = { workspaceId, campaignId, from, to }
      const { enrolled } = await subject.store.recipients.enroll({ runs: [built], now: subject.now, activation })
      subject.learn(enrolled)
      return [...enrolled].sort(byJson)
    },
  ),
  command('release', fc.record({ n: upTo(5), stale: fc.boolean() }), async (subject, { n, stale }) => {
    const { run } = (await subject.claim(n, stale)) ?? {}
    if (run === undefined) return 'nothing is claimed'
    return subject.store.recipients.release([{ workspaceId: run.workspaceId, recipientId: run.id, fence: run.fence }])
  }),
  command('claimReconciliations', fc.constant(null), async (subject) => {
    const request = { now: subject.now, limit: 100, leaseMs: timing.lookLeaseMs }
    const found = await subject.store.deliveries.claimReconciliations(request)
    return found.map((one) => subject.named(one)).sort(byJson)
  }),
]

/** Begins runs; may take part in a host's transaction. */
export function enrollCommand(): fc.Arbitrary<Command> {
  return command('enroll', fc.array(newRun, { minLength: 1, maxLength: 3 }), async (subject, chosen) => {
    const runs = chosen.flatMap((run) => buildRun(subject, run) ?? [])
    const { store, now, tx } = subject
    const { enrolled } = await store.recipients.enroll({ runs, now, ...(tx === undefined ? {} : { tx }) })
    subject.learn(enrolled)
    return enrolled.map((run) => subject.named(run)).sort(byJson)
  })
}
