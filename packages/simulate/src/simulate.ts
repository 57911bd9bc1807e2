import type { Workspace } from '@drumbeat/core'
import { checkAnswers } from './answers.js'
import { readInput, type SimulationInput } from './input.js'
import { outcomeOf, type Simulation } from './outcome.js'
import { playUntil } from './play.js'
import { readScript } from './script.js'
import { setStage } from './set-stage.js'

/**
 * Plays a campaign of a workspace on a virtual clock, by the very engine that runs it in production, on a store of its own: nothing is sent
 * or called, and the workspace is only read. What its engine could not send is not sent here either. The same input and seed give the same
 * trace, and what a contact does about messages does not depend on who else takes part.
 * @throws {ConfigurationError} naming the part of the input that is wrong, and what is legal.
 * @throws {NotFoundError} when the workspace has no such campaign.
 * @throws {SequenceInvalidError} when the campaign could not be published.
 */
export async function simulate(workspace: Workspace, campaignId: string, input: SimulationInput): Promise<Simulation> {
  const read = readInput(input)
  const campaign = await workspace.campaigns.get(campaignId)
  checkAnswers(read.answers, campaign.sequence)
  const problems: Simulation['problems'][number][] = []
  const happenings = readScript(read.script, {
    campaignId,
    contactIds: new Set(read.contacts.map(({ id }) => id)),
    channels: workspace.wiring.channels.map(({ name }) => name),
    onProblem: (problem) => problems.push(problem),
  })
  const stage = await setStage(workspace, campaign, read)
  problems.push(...(await stage.workspace.contacts.import(read.contacts)).problems)
  await stage.workspace.campaigns.activate(campaignId)
  await playUntil({ ...stage, behavior: read.behavior, seed: read.seed, happenings }, read.until)
  return { ...(await outcomeOf(stage, campaignId, read.script)), problems }
}
