import {
  type ContactInput,
  type Counter,
  createDrumbeat,
  type Delivery,
  type Instant,
  type InstantInput,
  resolveZone,
  type SandboxChannel,
  type SandboxMessage,
  type Sequence,
  sandboxChannel,
  toInstant,
  VirtualClock,
  type Workspace,
} from '@drumbeat/core'
import { memoryStore } from '@drumbeat/store-memory'
import type { Behavior } from './behavior.js'
import { type ScriptedHappening, scripted } from './happenings.js'
import { playUntil } from './play.js'
import { randomFrom } from './random.js'
import { type TimelineEntry, timelineOf } from './timeline.js'
import { inWords } from './words.js'

/** What is to be simulated. */
export interface SimulationInput {
  /** Who takes part. */
  readonly contacts: readonly ContactInput[]
  /** When it begins. */
  readonly from: InstantInput
  /** How many days of 24 hours it runs: 1–3,650. */
  readonly days: number
  /** What happens by itself. */
  readonly script?: readonly ScriptedHappening[]
  /** What people do about messages. Default: nothing. */
  readonly behavior?: Behavior
  /** Decides everything that is left to chance. Default 1. */
  readonly seed?: number
}

/** What a simulation showed. */
export interface Simulation {
  /** What happened to each contact, in order. */
  readonly timelines: ReadonlyMap<string, readonly TimelineEntry[]>
  /** Every message as it was rendered, in order. */
  readonly messages: readonly SandboxMessage[]
  /** Messages per hour of UTC, such as `2026-03-09T13`. */
  readonly load: ReadonlyMap<string, number>
  /** SMS segments in all. */
  readonly segments: number
  /** What was not sent and why, in words, with how often. */
  readonly notSent: ReadonlyMap<string, number>
  /** What was counted, per step. */
  readonly counters: readonly Counter[]
  /** One line per thing that happened: equal for equal input and seed. */
  readonly trace: readonly string[]
}

const dayMs = 24 * 60 * 60 * 1000

/**
 * Plays a campaign of a workspace on a virtual clock, by the very engine that runs it in production, on a store of its own: nothing is sent,
 * and the workspace is only read. The same input and seed give the same trace.
 */
export async function simulate(workspace: Workspace, campaignId: string, input: SimulationInput): Promise<Simulation> {
  const { contacts, days, script = [], behavior = {}, seed = 1 } = input
  const from = toInstant(input.from, 'from')
  const random = randomFrom(seed)
  const clock = new VirtualClock(from)
  const original = await workspace.campaigns.get(campaignId)
  const channels = channelsOf(original.sequence).map((name) => sandboxChannel({ name, clock }))
  const drumbeat = createDrumbeat({
    store: memoryStore(),
    channels,
    clock,
    random,
    engineId: 'simulation',
    unsubscribeUrl: () => 'https://unsubscribe.example',
  })
  const stage = drumbeat.workspace(workspace.id)
  await drumbeat.tick()
  const copy = await copyInto(stage, workspace, campaignId)
  await stage.contacts.import(contacts)
  await stage.campaigns.activate(copy)
  const known = new Map(contacts.map((contact) => [contact.id, contact]))
  const addressOf = (contactId: string, channel: string) => known.get(contactId)?.addresses?.[channel] ?? undefined
  const happenings = script.map((one) => scripted(one, addressOf))
  await playUntil({ drumbeat, workspace: stage, clock, channels, behavior, random, happenings }, from + days * dayMs)
  return resultOf(stage, copy, channels, (await stage.settings()).zone)
}

function channelsOf({ steps }: Sequence): readonly string[] {
  const names = Object.values(steps).flatMap((step) =>
    step.kind === 'send' ? [step.channel] : step.kind === 'series' ? step.items.map(({ channel }) => channel) : [],
  )
  return [...new Set(names.length === 0 ? ['email'] : names)]
}

async function copyInto(stage: Workspace, from: Workspace, campaignId: string): Promise<string> {
  await stage.configure(await from.settings())
  for (const template of await from.templates.list()) await stage.templates.publish(template.templateId, template)
  return (await stage.campaigns.copyOf(await from.campaigns.get(campaignId))).id
}

async function resultOf(
  stage: Workspace,
  campaignId: string,
  channels: readonly SandboxChannel[],
  workspaceZone: string,
): Promise<Simulation> {
  const messages = channels
    .flatMap((channel) => channel.messages)
    .sort((a, b) => a.at - b.at || (a.deliveryRef < b.deliveryRef ? -1 : 1))
  const byProviderId = new Map(messages.map((message) => [message.providerId, message]))
  const timelines = new Map<string, readonly TimelineEntry[]>()
  const notSent = new Map<string, number>()
  let segments = 0
  for (let after: string | null = null; ; ) {
    const runs = await stage.recipients(campaignId, { after, limit: 1000 })
    for (const run of runs) {
      const deliveries = await stage.deliveriesOf(run)
      for (const { state, reason, segments: parts } of deliveries) {
        if (state === 'sent') segments += parts ?? 0
        else if (isOver(state)) notSent.set(inWords(reason), (notSent.get(inWords(reason)) ?? 0) + 1)
      }
      const contact = await stage.contacts.get(run.contactId)
      const zone = resolveZone({ contact: contact.zone, workspace: workspaceZone }).zone
      const messageOf = ({ providerId }: Delivery) =>
        providerId === null ? null : (byProviderId.get(providerId) ?? null)
      const timeline = timelineOf(run, deliveries, messageOf, zone)
      timelines.set(run.contactId, [...(timelines.get(run.contactId) ?? []), ...timeline])
    }
    if (runs.length < 1000) break
    after = String(runs.at(-1)?.id ?? '')
  }
  return {
    timelines,
    messages,
    load: loadOf(messages),
    segments,
    notSent,
    counters: await stage.campaigns.counters(campaignId),
    trace: traceOf(timelines),
  }
}

const isOver = (state: Delivery['state']): boolean =>
  ['skipped', 'expired', 'canceled', 'failed', 'unresolved'].includes(state)

function loadOf(messages: readonly { readonly at: Instant }[]): ReadonlyMap<string, number> {
  const load = new Map<string, number>()
  for (const { at } of messages) {
    const hour = new Date(at).toISOString().slice(0, 13)
    load.set(hour, (load.get(hour) ?? 0) + 1)
  }
  return load
}

function traceOf(timelines: ReadonlyMap<string, readonly TimelineEntry[]>): readonly string[] {
  return [...timelines]
    .flatMap(([contactId, entries]) =>
      entries.map(
        ({ at, kind, stepId, text }) => `${new Date(at).toISOString()} ${contactId} ${kind} ${stepId}: ${text}`,
      ),
    )
    .sort()
}
