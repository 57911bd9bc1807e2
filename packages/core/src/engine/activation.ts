import type { Campaign } from '../campaign/campaign.js'
import type { Contact } from '../contact/contact.js'
import { parseDuration } from '../schedule/duration.js'
import { type Instant, toInstant } from '../schedule/instant.js'
import { addDuration, anchorInstant } from '../schedule/moment.js'
import { fromLocal, resolveZone, toLocal } from '../schedule/zone.js'
import { valueAt } from '../sequence/condition.js'
import type { EngineContext } from './context.js'
import { admits, type Beginning, newRun } from './entries.js'
import { takeUp } from './resumption.js'

const contactsAtOnce = 1000

/**
 * Looks after campaigns: starts scheduled ones, takes audience snapshots on in chunks, opens the rounds of schedules and attribute
 * dates, goes on with pauses that were ended half-way. Returns how many chunks were worked on.
 */
export async function tendCampaigns(context: EngineContext): Promise<number> {
  let worked = 0
  for (const campaign of await context.store.campaigns.live()) {
    try {
      worked += await tend(context, campaign)
    } catch (error) {
      // One campaign must not keep the others from being looked after.
      context.events.emit('engine.failed', { during: `looking after campaign ${campaign.id}`, error })
    }
  }
  return worked
}

async function tend(context: EngineContext, campaign: Campaign): Promise<number> {
  const { status, startsAt, activation, resumptions } = campaign
  if (status === 'scheduled' && startsAt !== null && startsAt <= context.clock.now()) {
    await begin(context, campaign)
    return 1
  }
  if (status !== 'active') return 0
  if (activation !== null) {
    await takeChunk(context, campaign)
    return 1
  }
  return resumptions.length === 0 ? 0 : takeUp(context, campaign)
}

/** Makes a published campaign active now. Its audience, if that is how contacts enter, is taken in chunks from here on. */
export async function begin(context: EngineContext, campaign: Campaign): Promise<Campaign> {
  const startedAt = campaign.startedAt ?? context.clock.now()
  const snapshot = ['audience', 'matching', 'schedule', 'attributeDate'].includes(campaign.entry.trigger.kind)
  const active: Campaign = {
    ...campaign,
    status: 'active',
    startedAt,
    startsAt: null,
    entryOpen: true,
    activation: snapshot ? { after: null, enrolled: 0 } : null,
    revision: campaign.revision + 1,
  }
  await context.store.campaigns.save({ campaign: active, expectedRevision: campaign.revision })
  return active
}

/** The cursor moves in the same transaction as the runs begin, so a crash neither loses nor repeats anybody. */
async function takeChunk(context: EngineContext, campaign: Campaign): Promise<void> {
  const { workspaceId, id: campaignId, activation } = campaign
  const after = activation?.after ?? null
  const { contacts, next } = await audiencePage(context, campaign, after)
  const runs = contacts.flatMap((contact) => {
    const beginning = beginningOf(campaign, contact, context.clock.now())
    return beginning === null ? [] : [newRun(campaign, contact.id, beginning)]
  })
  const now = context.clock.now()
  await context.store.recipients.enroll({ runs, now, activation: { workspaceId, campaignId, from: after, to: next } })
}

async function audiencePage({ store, contactSource, clock }: EngineContext, campaign: Campaign, after: string | null) {
  const { workspaceId, audience = null } = campaign
  const limit = contactsAtOnce
  if (contactSource === null)
    return store.contacts.page({ workspaceId, where: audience, now: clock.now(), after, limit })
  const page = await contactSource.page({ workspaceId, after, limit })
  return { ...page, contacts: page.contacts.filter((contact) => admits(campaign, contact, [])) }
}

/** When, and as which run, a contact of the audience enters; null = not at all, because the date it depends on is not known. */
function beginningOf(campaign: Campaign, contact: Contact, now: Instant): Beginning | null {
  const { trigger } = campaign.entry
  const startedAt = campaign.startedAt ?? now
  if (trigger.kind === 'schedule')
    return { at: Math.max(toInstant(trigger.at, 'entry.at'), startedAt), runKey: '', event: null }
  if (trigger.kind !== 'attributeDate') return { at: startedAt, runKey: '', event: null }
  const zone = resolveZone({ contact: contact.zone, campaign: campaign.zone }).zone
  const date = anchorInstant(valueAt(contact.attributes, trigger.attribute), zone)
  if (date === null) return null
  for (let year = 0; year <= (trigger.yearly === true ? 200 : 0); year++) {
    const at = occurrence(date, trigger, zone, year)
    if (at >= startedAt)
      return { at, runKey: trigger.yearly === true ? String(toLocal(at, zone).year) : '', event: null }
  }
  return null
}

function occurrence(
  date: Instant,
  { offset, time }: { readonly offset?: string; readonly time: string },
  zone: string,
  years: number,
): Instant {
  const shifted = addDuration(date, parseDuration(`P${years}Y`), zone)
  const local = toLocal(offset === undefined ? shifted : addDuration(shifted, parseDuration(offset), zone), zone)
  const [hour = '0', minute = '0'] = time.split(':')
  return fromLocal({ ...local, hour: Number(hour), minute: Number(minute), second: 0, millisecond: 0 }, zone)
}
