import type { Contact } from '../../contact/contact.js'
import { type PermissionChange, withChanges } from '../../contact/permission-change.js'
import type { Delivery } from '../../delivery/delivery.js'
import { clampReport, mergeFacts } from '../../delivery/facts.js'
import { contactKey } from '../../ports/store-contacts.js'
import type { ContactIngest, InboxItem, NewRun } from '../../ports/store-inbox.js'
import type { RunChange } from '../../ports/store-recipients.js'
import type { Recipient } from '../../recipient/recipient.js'
import { isLive } from '../../recipient/recipient.js'
import type { Instant } from '../../schedule/instant.js'
import { announcingOf, type EngineContext } from '../context.js'
import { changeBeside, type Decision, decideOn, leftToClaim } from '../decide.js'
import { recipientTold } from '../events.js'
import { type Loaded, loadContacts, loadRuns } from '../load.js'
import { quarantined } from '../run-changes.js'
import { announcedIngest } from '../telling/announced-ingest.js'
import { type Entrance, openEntrance, runsBegunBy } from './entrance.js'
import { aheadMs, type Report, reportEffects } from './report-effects.js'

/** Contacts' items taken in together. */
const itemsAtOnce = 1_000
/** Batches in a row: then it is the turn of what is due. */
const rounds = 5

/**
 * Takes in what has been reported: events, provider reports, contact changes. Contact by contact, in order of arrival; all live runs of
 * a contact hear of it, and runs that begin with an event begin. Returns how many items were taken in.
 */
export async function ingest(context: EngineContext): Promise<number> {
  let taken = 0
  for (let round = 0; round < rounds; round++) {
    const { items, runs } = await context.store.inbox.peek({ limit: itemsAtOnce })
    if (items.length === 0) return taken
    const batch = await decideBatch(context, items, runs)
    const { conflicts } = await context.store.inbox.ingest(batch)
    announceEnded(context, batch, conflicts)
    taken += batch
      .filter((contact) => !conflicts.includes(contactKey(contact)))
      .reduce((sum, { seqs }) => sum + seqs.length, 0)
    if (conflicts.length === 0 && items.length < itemsAtOnce) return taken
  }
  return taken
}

function announceEnded({ events }: EngineContext, batch: readonly ContactIngest[], conflicts: readonly string[]): void {
  for (const contact of batch) {
    if (conflicts.includes(contactKey(contact))) continue
    for (const { recipient } of contact.changes)
      if (!isLive(recipient)) events.emit('recipient.ended', recipientTold(recipient))
  }
}

async function decideBatch(
  context: EngineContext,
  received: readonly InboxItem[],
  runs: readonly Recipient[],
): Promise<readonly ContactIngest[]> {
  const now = context.clock.now()
  const deliveries = await reportedDeliveries(context, received)
  const items = received.map((item) =>
    item.kind === 'report' ? plausible(item, deliveries.get(item.deliveryId)) : item,
  )
  // Nobody enters because of a report.
  const news = items.filter(({ kind }) => kind !== 'report')
  const contacts = await loadContacts(context, news)
  const entrance = await openEntrance(context, news, contacts, runs)
  const groups = [...groupBy(items, contactKey).entries()].map(([key, all]) =>
    upToBeginning(entrance, all, contacts.get(key) ?? null, now),
  )
  const mostItems = Math.max(1, ...groups.map(({ mine }) => mine.length))
  const loaded = await loadRuns(context, runs, { decisionsEach: mostItems })
  const runsOf = groupBy(runs, contactKey)
  const wants = await context.wanted.of(items.map(({ workspaceId }) => workspaceId))
  return groups.map(({ mine, newRuns }) => {
    const [first] = mine as [InboxItem]
    const { workspaceId, contactId } = first
    const live = runsOf.get(contactKey(first)) ?? []
    const reports = mine.flatMap((item) => (item.kind === 'report' ? [item] : []))
    const effects = reportEffects(reports, deliveries)
    const facts = reports.map(({ deliveryId, facts: reported }) => {
      const known = deliveries.get(deliveryId)?.facts
      return { deliveryId, facts: reported, ...(known === undefined ? {} : { known }) }
    })
    const decided: ContactIngest = {
      workspaceId,
      contactId,
      seqs: mine.map(({ seq }) => seq),
      expected: live.map(({ id, fence }) => ({ id, fence })),
      facts,
      ...effects,
      changes: live.flatMap((run) => {
        const known = loaded.get(run.id)
        return known === undefined
          ? []
          : (hear(context, withReports(known, reports, effects.permissions), run, mine, now) ?? [])
      }),
      newRuns,
    }
    if (wants === null) return decided
    return announcedIngest(announcingOf(context), wants, decided, { items: mine, deliveries })
  })
}

/** A contact's items up to the first that begins a run, and the runs it begins: they hear of the later ones in the next round. */
function upToBeginning(
  entrance: Entrance,
  items: readonly InboxItem[],
  contact: Contact | null,
  now: Instant,
): { readonly mine: readonly InboxItem[]; readonly newRuns: readonly NewRun[] } {
  for (const [index, item] of items.entries()) {
    const newRuns = contact === null ? [] : runsBegunBy(entrance, item, contact, now)
    if (newRuns.length > 0) return { mine: items.slice(0, index + 1), newRuns }
  }
  return { mine: items, newRuns: [] }
}

/** What a run does when it hears of everything that happened to its contact, in order; null = nothing. */
function hear(
  context: EngineContext,
  known: Loaded,
  run: Recipient,
  items: readonly InboxItem[],
  now: Instant,
): RunChange | null {
  try {
    let decision: Decision = { loaded: known, before: run, after: run, effects: [], start: null }
    for (const item of items) {
      if (!isLive(decision.after)) break
      if (item.kind === 'event') decision = decideOn(decision, { kind: 'event', event: item.event }, now)
      else decision = decideOn(decision, { kind: 'changed' }, now)
      decision = leftToClaim(decision, now)
    }
    return changeBeside(context, decision, now)
  } catch (error) {
    // One run must not keep the items of everybody else from being taken in.
    context.events.emit('engine.failed', { during: `telling run ${run.id} what happened`, error })
    return quarantined(run, 'decision_failed', error)
  }
}

function withReports(loaded: Loaded, reports: readonly Report[], changes: readonly PermissionChange[]): Loaded {
  if (reports.length === 0) return loaded
  const deliveries = loaded.facts.deliveries.map((delivery) => {
    const mine = reports.filter(({ deliveryId }) => deliveryId === delivery.id).flatMap(({ facts }) => facts)
    return mine.length === 0 ? delivery : { ...delivery, facts: mergeFacts(delivery.facts, mine) }
  })
  const permissions = withChanges(loaded.facts.permissions, changes)
  return { ...loaded, facts: { ...loaded.facts, deliveries, permissions } }
}

/** Nothing has happened to a message before its first call, nor long after it was reported, whatever the provider's clock says. */
function plausible(report: Report, delivery: Delivery | undefined): Report {
  const { facts, receivedAt: now } = report
  const from = Math.min(delivery?.intendedAt ?? Number.NEGATIVE_INFINITY, now)
  const isPlausible = (at: Instant): boolean => at <= now + aheadMs && at >= from
  if (facts.every(({ at }) => isPlausible(at))) return report
  const clamped = (at: Instant): Instant => (isPlausible(at) ? at : clampReport(at, { from, now }))
  return { ...report, facts: facts.map((fact) => ({ ...fact, at: clamped(fact.at) })) }
}

/** The deliveries that reports are about, as they are known so far. */
async function reportedDeliveries(
  { store }: EngineContext,
  items: readonly InboxItem[],
): Promise<ReadonlyMap<number, Delivery>> {
  const found = new Map<number, Delivery>()
  const reports = items.filter((item): item is Report => item.kind === 'report')
  for (const workspaceId of new Set(reports.map((report) => report.workspaceId))) {
    const mine = reports.filter((report) => report.workspaceId === workspaceId)
    const deliveryIds = [...new Set(mine.map(({ deliveryId }) => deliveryId))]
    for (const delivery of await store.deliveries.get({ workspaceId, deliveryIds })) found.set(delivery.id, delivery)
  }
  return found
}

function groupBy<Item>(
  items: readonly Item[],
  keyOfItem: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const key = keyOfItem(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}
