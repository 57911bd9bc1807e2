import { contactKey, type NewRun, type Recipient, type RecipientStore } from '@drumbeat/core'
import { keyOf } from './keys.js'
import type { State } from './state.js'

type Request = Parameters<RecipientStore['enroll']>[0]

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
