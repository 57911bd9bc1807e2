import {
  type Campaign,
  createDrumbeat,
  type Drumbeat,
  type SandboxChannel,
  sandboxChannel,
  VirtualClock,
  type Workspace,
} from '@drumbeat/core'
import { memoryStore } from '@drumbeat/store-memory'
import { standIns } from './answers.js'
import type { ReadInput } from './input.js'
import { randomFrom } from './random.js'

/** A workspace of its own that holds one campaign of another one, and all that this campaign needs. */
export interface SetStage {
  readonly drumbeat: Drumbeat
  readonly workspace: Workspace
  readonly clock: VirtualClock
  readonly channels: readonly SandboxChannel[]
}

/**
 * Sets up an engine like the one behind a workspace, on a store and a clock of its own, with sandboxes for its channels. The original is
 * only read.
 */
export async function setStage(original: Workspace, campaign: Campaign, input: ReadInput): Promise<SetStage> {
  const { wiring } = original
  const clock = new VirtualClock(input.from)
  const channels = wiring.channels.map((channel) => sandboxChannel({ ...channel, clock }))
  const drumbeat = createDrumbeat({
    store: memoryStore(),
    channels,
    clock,
    random: randomFrom(input.seed),
    engineId: 'simulation',
    // References are the same each time a seed is played.
    secret: 'the references of simulations',
    settings: wiring.settings,
    ...standIns(input.answers, campaign.sequence, wiring),
    ...(wiring.unsubscribeUrl ? { unsubscribeUrl: () => 'https://unsubscribe.example' } : {}),
  })
  const workspace = drumbeat.workspace(original.id)
  await workspace.configure(await original.settings())
  for (const { templateId } of await original.templates.list()) {
    // Every version in its turn, so that steps find the ones that they are pinned to.
    for (const version of (await original.templates.history(templateId)).toReversed())
      await workspace.templates.publish(templateId, version)
  }
  // The same id, because it decides who gets which arm.
  await workspace.campaigns.copyOf(campaign, { id: campaign.id })
  return { drumbeat, workspace, clock, channels }
}
