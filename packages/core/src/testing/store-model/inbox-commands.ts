import fc from 'fast-check'
import type { ContactIngest, InboxItem } from '../../ports/store-inbox.js'
import type { RunChange } from '../../ports/store-recipients.js'
import type { Recipient } from '../../recipient/recipient.js'
import { minute } from '../builders.js'
import { among, type Command, command, upTo } from './command.js'
import { buildChange, buildRun, newRun } from './decisions.js'
import { type Subject, timing, world } from './subject.js'

const workspaceId = among(['acme', ...world.workspaces])
const contactId = among(world.contacts)

const event = fc.record({
  id: upTo(12).map(String),
  contactId,
  name: among(world.events),
  at: upTo(9).map(minute),
  data: among([{}, { size: 3 }]),
})

const report = fc.record({
  dedupeKey: upTo(12).map(String),
  by: among(['id', 'provider'] as const),
  n: upTo(5),
  kind: among(['delivered', 'opened', 'clicked'] as const),
  at: upTo(9).map(minute),
  isQuiet: fc.boolean(),
})

const ingest = fc.record({
  workspaceId,
  contactId,
  run: among(['advance', 'end', 'none'] as const),
  expect: among(['all', 'all', 'all', 'none', 'older'] as const),
  facts: fc.option(upTo(5), { nil: null }),
  newRun: fc.option(newRun, { nil: null }),
})

type IngestArgs = typeof ingest extends fc.Arbitrary<infer Args> ? Args : never

async function takeIn(subject: Subject, args: IngestArgs): Promise<unknown> {
  const { workspaceId, contactId } = args
  const { items, runs } = await subject.store.inbox.peek({ limit: 1000 })
  const isOurs = (row: InboxItem | Recipient) => row.workspaceId === workspaceId && row.contactId === contactId
  const own = items.filter(isOurs)
  if (own.length === 0) return 'nothing'
  const live = runs.filter(isOurs)
  const expected = live.map(({ id, fence }) => ({ id, fence: args.expect === 'older' ? fence - 1 : fence }))
  const changes: RunChange[] = []
  if (args.run !== 'none') for (const run of live) changes.push(await buildChange(subject, run, args.run))
  const delivery = args.facts === null ? undefined : await subject.delivery(args.facts)
  const built = args.newRun === null ? null : buildRun(subject, { ...args.newRun, workspaceId, contactId })
  const contact: ContactIngest = {
    workspaceId,
    contactId,
    seqs: own.map(({ seq }) => seq),
    expected: args.expect === 'none' ? [] : expected,
    facts: delivery === undefined ? [] : [{ deliveryId: delivery.id, facts: [{ kind: 'delivered', at: subject.now }] }],
    permissions: [],
    counters: [],
    changes: args.expect === 'all' ? changes : [],
    newRuns: built === null ? [] : [built],
  }
  const result = await subject.store.inbox.ingest([contact])
  subject.learn(await newRuns(subject, contact))
  return result
}

/** Runs of the contact that began by the ingest. */
async function newRuns(subject: Subject, { workspaceId, contactId }: ContactIngest): Promise<readonly Recipient[]> {
  const runs = await subject.store.recipients.ofContact({ workspaceId, contactId })
  return runs.filter((run) => !subject.knows(run))
}

/** Commands on events, reports and contact changes; the first three may take part in a host's transaction. */
export const appendCommands: readonly fc.Arbitrary<Command>[] = [
  command(
    'append',
    fc.record({ workspaceId, events: fc.array(event, { minLength: 1, maxLength: 3 }) }),
    ({ store, now, tx }, args) => store.inbox.append({ ...args, now, ...(tx === undefined ? {} : { tx }) }),
  ),
  command(
    'contactsChanged',
    fc.record({ workspaceId, contactIds: fc.array(contactId, { minLength: 1, maxLength: 2 }) }),
    ({ store, now, tx }, args) => store.inbox.contactsChanged({ ...args, now, ...(tx === undefined ? {} : { tx }) }),
  ),
]

/** Commands that only the engine gives. */
export const inboxCommands: readonly fc.Arbitrary<Command>[] = [
  ...appendCommands,
  command(
    'appendReports',
    fc.record({ workspaceId, reports: fc.array(report, { minLength: 1, maxLength: 2 }) }),
    async (subject, { workspaceId, reports }) => {
      const built = []
      for (const { dedupeKey, by, n, kind, at, isQuiet } of reports) {
        const id = subject.deliveryIdAt(n)
        const delivery = by === 'id' && id !== null ? { id } : { channel: 'email', providerId: `p-${n % 2}` }
        built.push({ dedupeKey, delivery, facts: [{ kind, at }], isQuiet })
      }
      const { store, now } = subject
      return store.inbox.appendReports({ workspaceId, reports: built, now, parkMs: timing.parkMs })
    },
  ),
  command('ingest', ingest, takeIn),
]
