import {
  contactKey,
  evaluate,
  type NewRun,
  type Recipient,
  type RecipientStore,
  type ZoneBeginning,
} from '@drumbeat/core'
import { contactsAfter, factsOf } from './audience.js'
import { count } from './changes.js'
import { kept } from './kept.js'
import { keyOf } from './keys.js'
import { appendEntries } from './outbox.js'
import type { State } from './state.js'

type Request = Parameters<RecipientStore['enroll']>[0]
type AudienceRequest = Parameters<RecipientStore['enrollAudience']>[0]

/** Begins runs, and moves the campaign's cursor with them. */
export function enroll(state: State, { runs, activation }: Pick<Request, 'runs' | 'activation'>): readonly Recipient[] {
  if (activation === undefined) return beginAll(state, runs)
  const campaign = state.campaigns.get(keyOf(activation.workspaceId, activation.campaignId))
  if (campaign === undefined || campaign.activation === null || campaign.activation.after !== activation.from) return []
  const enrolled = beginAll(state, runs)
  const moved = { after: activation.to, enrolled: campaign.activation.enrolled + enrolled.length }
  state.campaigns.set(keyOf(campaign.workspaceId, campaign.id), {
    ...campaign,
    activation: activation.to === null ? null : moved,
    revision: campaign.revision + 1,
  })
  return enrolled
}

/** Begins a run for each of the next contacts of an audience. */
export function enrollAudience(state: State, request: AudienceRequest): { readonly enrolled: number } {
  const { workspaceId, campaignId, from, limit, where, run, begin } = request
  const ahead = contactsAfter(state, workspaceId, from)
  const looked = ahead.slice(0, limit)
  const beginnings = new Map<string | null, ZoneBeginning>()
  const beginningIn = (zone: string | null): ZoneBeginning => {
    const known = beginnings.get(zone) ?? kept(begin(zone))
    beginnings.set(zone, known)
    return known
  }
  const entering = looked.filter((contact) => where === null || evaluate(where, factsOf(state, contact)))
  const runs = entering.map(({ id: contactId, zone }): NewRun => {
    return { ...run, workspaceId, campaignId, contactId, recipient: beginningIn(zone).recipient }
  })
  const to = ahead.length > limit ? (looked.at(-1)?.id ?? null) : null
  const enrolled = enroll(state, { runs, activation: { workspaceId, campaignId, from, to } })
  appendEntries(state, enrolled, request.onEntry)
  const entered = new Set(enrolled.map(({ contactId }) => contactId))
  const counters = entering
    .filter(({ id }) => entered.has(id))
    .flatMap(({ zone }) => beginningIn(zone).counters.map((counter) => ({ ...counter, campaignId, by: 1 })))
  count(state, workspaceId, counters)
  return { enrolled: enrolled.length }
}

/** Begins those runs that their identity allows. */
export function beginAll(state: State, runs: readonly NewRun[]): readonly Recipient[] {
  return runs.flatMap((run) => begin(state, run) ?? [])
}

function begin(state: State, { recipient, again, ...identity }: NewRun): Recipient | null {
  const { campaignId, runKey } = identity
  const before = state.runsOfContact
    .of(contactKey(identity))
    .map(({ run }) => run)
    .filter((run) => run.campaignId === campaignId && run.runKey === runKey)
  if (again === 'never' && before.length > 0) return null
  if (again === 'afterExit' && before.some(({ endedAt }) => endedAt === null)) return null
  const entryNo = 1 + Math.max(0, ...before.map((run) => run.entryNo))
  const id = state.next()
  const { workspaceId, contactId, version } = identity
  const run = { ...recipient, id, workspaceId, campaignId, contactId, runKey, version, entryNo, fence: 0, claims: 0 }
  return state.runs.set(id, { run, owner: null }).run
}
