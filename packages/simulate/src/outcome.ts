import {
  type Counter,
  type Delivery,
  isTerminal,
  messageReceived,
  resolveZone,
  type SandboxMessage,
  type Workspace,
} from '@drumbeat/core'
import type { ScriptedHappening } from './script.js'
import type { SetStage } from './set-stage.js'
import { eventEntries, type TimelineEntry, timelineOf } from './timeline.js'
import { inWords } from './words.js'

/** A message as it was rendered, and what it belongs to. */
export interface SimulatedMessage extends SandboxMessage {
  readonly contactId: string
  readonly stepId: string
  /** The message of a series; null for every other step. */
  readonly itemId: string | null
}

/** What was not sent, and why. */
export interface NotSent {
  readonly stepId: string
  /** As it is recorded, such as `consent_missing`. */
  readonly reason: string
  /** The same in words. */
  readonly text: string
  readonly count: number
}

/** What a simulation showed. */
export interface Simulation {
  /** What happened to each contact, in order; empty = they never entered, and nothing happened to them. */
  readonly timelines: ReadonlyMap<string, readonly TimelineEntry[]>
  /** Every message as it was rendered, in order. */
  readonly messages: readonly SimulatedMessage[]
  /** Messages per hour of UTC, such as `2026-03-09T13`, in order. */
  readonly load: ReadonlyMap<string, number>
  /** SMS segments in all. */
  readonly segments: number
  /** What was not sent and why, by step and reason, the most frequent first. */
  readonly notSent: readonly NotSent[]
  /** What was counted, per step. */
  readonly counters: readonly Counter[]
  /** Parts of contacts that could not be taken, such as an address that is none. The rest was. */
  readonly problems: readonly { readonly contactId: string; readonly problem: string }[]
  /** One line per thing that happened: equal for equal input and seed. */
  readonly trace: readonly string[]
}

/** Reads from a stage what was played on it. */
export async function outcomeOf(
  { workspace, channels }: SetStage,
  campaignId: string,
  script: readonly ScriptedHappening[],
): Promise<Omit<Simulation, 'problems'>> {
  const { sequence, zone: campaignZone } = await workspace.campaigns.get(campaignId)
  const workspaceZone = (await workspace.settings()).zone
  const sent = new Map(channels.flatMap(({ messages }) => messages).map((message) => [message.providerId, message]))
  const messageOf = ({ providerId }: Delivery) => sent.get(providerId ?? '') ?? null
  const eventNames = [...new Set([messageReceived, ...script.flatMap((one) => ('event' in one ? [one.event] : []))])]
  const timelines = new Map<string, readonly TimelineEntry[]>()
  const all: Delivery[] = []
  for (const contact of await everybody(workspace)) {
    const { runs, deliveries, events } = await workspace.contacts.export(contact.id, { eventNames })
    const zone = resolveZone({ contact: contact.zone, campaign: campaignZone, workspace: workspaceZone }).zone
    const ofRuns = runs.flatMap((run) => {
      const own = deliveries.filter(({ recipientId }) => recipientId === run.id)
      return timelineOf({ run, deliveries: own, sequence, zone, messageOf })
    })
    all.push(...deliveries)
    timelines.set(
      contact.id,
      [...eventEntries(events, zone), ...ofRuns].sort((a, b) => a.at - b.at),
    )
  }
  const messages = messagesOf(all, messageOf)
  return {
    timelines,
    messages,
    load: loadOf(messages),
    segments: all.reduce((sum, { state, segments }) => sum + (state === 'sent' ? (segments ?? 0) : 0), 0),
    notSent: notSentOf(all),
    counters: await workspace.campaigns.counters(campaignId),
    trace: traceOf(timelines),
  }
}

async function everybody(workspace: Workspace) {
  const contacts = []
  for (let after: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof workspace.contacts.list>> = await workspace.contacts.list({
      after,
      limit: 1000,
    })
    contacts.push(...page.contacts)
    if (page.next === null) return contacts
    after = page.next
  }
}

function messagesOf(
  deliveries: readonly Delivery[],
  messageOf: (delivery: Delivery) => SandboxMessage | null,
): readonly SimulatedMessage[] {
  return deliveries
    .flatMap((delivery) => {
      const message = messageOf(delivery)
      const { id, contactId, stepId, itemId } = delivery
      return message === null ? [] : [{ id, message: { ...message, contactId, stepId, itemId } }]
    })
    .sort((a, b) => a.message.at - b.message.at || a.id - b.id)
    .map(({ message }) => message)
}

function notSentOf(deliveries: readonly Delivery[]): readonly NotSent[] {
  const found = new Map<string, NotSent>()
  for (const { stepId, state, reason: given } of deliveries) {
    if (state === 'sent' || !isTerminal(state)) continue
    const reason = given ?? state
    const key = `${stepId}/${reason}`
    found.set(key, { stepId, reason, text: inWords(reason), count: (found.get(key)?.count ?? 0) + 1 })
  }
  return [...found.values()].sort((a, b) => b.count - a.count)
}

function loadOf(messages: readonly Pick<SandboxMessage, 'at'>[]): ReadonlyMap<string, number> {
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
      entries.map(({ at, kind, stepId, text }) => ({
        at,
        line: `${new Date(at).toISOString()} ${contactId} ${kind} ${stepId}: ${text}`,
      })),
    )
    .sort((a, b) => a.at - b.at)
    .map(({ line }) => line)
}
