import type { Campaign } from '../../campaign/campaign.js'
import { ConfigurationError, InvalidTransitionError } from '../../errors.js'
import { contactKey } from '../../ports/store-contacts.js'
import type { Recipient } from '../../recipient/recipient.js'
import { type InstantInput, toInstant } from '../../schedule/instant.js'
import type { EngineContext } from '../context.js'
import { applyToAll, exitAll, pagesOfRuns } from '../control.js'
import { hintDue } from '../hints.js'
import { admits, loadEntryFacts, newRun } from '../intake/entries.js'
import { loadContacts } from '../load.js'
import { releaseRuns } from '../release.js'
import type { InTransaction } from './reporting.js'

/** What became of an enrollment. */
export interface EnrollReport {
  readonly enrolled: readonly Recipient[]
  /** Contacts that were not enrolled, and why. */
  readonly refused: readonly {
    readonly contactId: string
    readonly reason: 'unknown_contact' | 'not_in_audience' | 'already_enrolled'
  }[]
}

/** How contacts are enrolled. */
export interface EnrollOptions extends InTransaction {
  readonly key?: string
  readonly at?: InstantInput
}

/** Begins runs of a campaign for contacts. Whom its audience or its re-entry rule forbids is refused, and named. */
export async function enrollContacts(
  context: EngineContext,
  campaign: Campaign,
  contactIds: readonly string[],
  { tx, key = '', at: begunAt }: EnrollOptions,
): Promise<EnrollReport> {
  const { workspaceId } = campaign
  if (campaign.version === null || !campaign.entryOpen) {
    throw new ConfigurationError(
      `Campaign "${campaign.name}" lets nobody in: it is ${campaign.status}. Activate it first.`,
    )
  }
  const contacts = await loadContacts(
    context,
    contactIds.map((contactId) => ({ workspaceId, contactId })),
  )
  const facts = await loadEntryFacts(
    context,
    [campaign],
    [...contacts.values()].map((contact) => ({ workspaceId, contact })),
  )
  const now = context.clock.now()
  const at = begunAt === undefined ? now : toInstant(begunAt, 'at')
  const refused: EnrollReport['refused'][number][] = []
  const runs = contactIds.flatMap((contactId) => {
    const contact = contacts.get(contactKey({ workspaceId, contactId }))
    if (contact === undefined || !admits(campaign, contact, facts.of(workspaceId, contactId))) {
      refused.push({ contactId, reason: contact === undefined ? 'unknown_contact' : 'not_in_audience' })
      return []
    }
    return [newRun(campaign, contactId, { at, runKey: key, event: null })]
  })
  const { enrolled } = await context.store.recipients.enroll({ runs, now, ...(tx === undefined ? {} : { tx }) })
  if (tx === undefined) hintDue(context, enrolled)
  for (const { contactId } of runs) {
    if (!enrolled.some((run) => run.contactId === contactId)) refused.push({ contactId, reason: 'already_enrolled' })
  }
  return { enrolled, refused }
}

/** Ends those of the runs that are live. Returns how many ended. */
export async function withdrawRuns(
  context: EngineContext,
  runs: readonly Recipient[],
  reason: string,
): Promise<number> {
  const live = runs.filter(({ status }) => status === 'active')
  return (await applyToAll(context, live, () => ({ kind: 'withdraw', reason }))).applied
}

/**
 * Lets quarantined runs of a campaign go on: those of one contact, or all. Returns how many go on.
 * @throws {InvalidTransitionError} when no run of the campaign can go on.
 */
export async function releaseQuarantined(
  context: EngineContext,
  readCampaign: () => Promise<Campaign>,
  contactId: string | null,
): Promise<number> {
  const campaign = await readCampaign()
  const { workspaceId, id: campaignId } = campaign
  if (!goesOn(campaign)) {
    throw new InvalidTransitionError(
      `Campaign "${campaign.name}" is ${campaign.status}: no run of it can go on. Runs of active, paused and completed campaigns can.`,
    )
  }
  let released = 0
  if (contactId !== null) {
    released = await releaseRuns(
      context,
      await context.store.recipients.ofContact({ workspaceId, contactId, campaignId }),
    )
  } else {
    for await (const runs of pagesOfRuns(context, { workspaceId, campaignId, status: 'quarantined' }))
      released += await releaseRuns(context, runs)
  }
  // Whoever stopped the campaign meanwhile may have looked for its live runs before.
  const latest = await readCampaign()
  if (!goesOn(latest)) await exitAll(context, latest, 'stopped')
  return released
}

function goesOn({ status }: Campaign): boolean {
  return status === 'active' || status === 'paused' || status === 'completed'
}
