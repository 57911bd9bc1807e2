import { winnerOf } from '../experiment/winner.js'
import type { JsonObject } from '../json.js'
import type { ArmTally } from '../ports/store-campaigns.js'
import type { TallyRow } from '../ports/store-deliveries.js'
import type { Recipient } from '../recipient/recipient.js'
import type { RunDefinition } from '../recipient/run-facts.js'
import { zoneOf } from '../recipient/zones.js'
import { parseDuration } from '../schedule/duration.js'
import type { Instant } from '../schedule/instant.js'
import { addDuration, anchorInstant, type Moment, resolveMoment } from '../schedule/moment.js'
import { matchesData } from '../sequence/evaluate-condition.js'
import type { ExperimentSpec, SplitStep } from '../sequence/step.js'
import type { EngineContext } from './context.js'

/**
 * The decided experiments of these runs' campaigns, as step → arm by `workspace/campaign`. An experiment whose moment has come is
 * decided here, before any held run is looked at; the Store keeps the first decision.
 */
export async function decisionsFor(
  context: EngineContext,
  runs: readonly Recipient[],
  definitions: ReadonlyMap<string, RunDefinition>,
): Promise<ReadonlyMap<string, { readonly [step: string]: string }>> {
  const found = new Map<string, Record<string, string>>()
  for (const definition of new Set(definitions.values())) {
    const { campaign, sequence } = definition
    const { workspaceId, id: campaignId } = campaign
    const experiments = Object.entries(sequence.steps).flatMap(([id, step]) =>
      step.kind === 'split' && step.experiment !== undefined ? [{ id, step, spec: step.experiment }] : [],
    )
    if (experiments.length === 0) continue
    const mine = runs.some((run) => run.workspaceId === workspaceId && run.campaignId === campaignId)
    if (!mine) continue
    const decided = await context.store.campaigns.decisions({ workspaceId, campaignIds: [campaignId] })
    const arms = Object.fromEntries(decided.map(({ stepId, arm }) => [stepId, arm]))
    for (const { id, step, spec } of experiments) {
      const at = decisionMoment(definition, spec.decideAt)
      if (Object.hasOwn(arms, id) || at === null || at > context.clock.now()) continue
      arms[id] = await decideExperiment(context, definition, { id, step, spec })
    }
    found.set(`${workspaceId}/${campaignId}`, arms)
  }
  return found
}

function decisionMoment(definition: RunDefinition, decideAt: Moment): Instant | null {
  const zone = zoneOf(definition, { zone: null }, decideAt.zone ?? 'campaign')
  const { anchor = 'campaignStart' } = decideAt
  const anchorAt =
    typeof anchor === 'object' && 'fixed' in anchor
      ? anchorInstant(anchor.fixed, anchor.zone ?? zone)
      : definition.campaign.startedAt
  if (anchorAt === null) return null
  return resolveMoment(decideAt, { anchorAt, zone, calendars: definition.settings.calendars, blackouts: [] })
}

async function decideExperiment(
  { store, clock }: EngineContext,
  { campaign }: RunDefinition,
  { id, step, spec }: { readonly id: string; readonly step: SplitStep; readonly spec: ExperimentSpec },
): Promise<string> {
  const { workspaceId, id: campaignId } = campaign
  const now = clock.now()
  const metric = 'event' in spec.metric ? { event: spec.metric.event } : spec.metric
  const rows = await store.deliveries.tally({ workspaceId, campaignId, stepId: id, metric, now })
  const tally = Object.keys(step.arms).map((arm) => tallyOf(arm, rows, spec))
  const verdict = winnerOf(spec, tally)
  const decision = { workspaceId, campaignId, stepId: id, decidedAt: now, tally, ...verdict }
  return (await store.campaigns.decide(decision)).arm
}

/** People count once each, by their first assignment, and succeed by anything within the horizon. */
function tallyOf(arm: string, rows: readonly TallyRow[], spec: ExperimentSpec): ArmTally {
  const people = new Map<string, boolean>()
  for (const row of rows) {
    if (row.arm !== arm) continue
    const until = addDuration(row.assignedAt, parseDuration(spec.horizon), 'UTC')
    const converted = row.occurrences.some(
      ({ at, data }) =>
        at >= row.assignedAt &&
        at <= until &&
        (!('event' in spec.metric) || matchesData(spec.metric.where ?? [], data as JsonObject)),
    )
    people.set(row.contactId, (people.get(row.contactId) ?? false) || converted)
  }
  return { arm, assigned: people.size, converted: [...people.values()].filter(Boolean).length }
}
