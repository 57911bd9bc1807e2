import type { Drumbeat, Instant, SandboxChannel, SandboxMessage, VirtualClock, Workspace } from '@drumbeat/core'
import { type Behavior, type Reaction, reactionsTo } from './behavior.js'
import { Agenda, type Happening } from './happenings.js'
import type { Random } from './random.js'

/** A stage on which campaigns are played. */
export interface Stage {
  readonly drumbeat: Drumbeat
  readonly workspace: Workspace
  readonly clock: VirtualClock
  readonly channels: readonly SandboxChannel[]
  readonly behavior: Behavior
  readonly random: Random
  /** What happens by itself, beside what people do about messages. */
  readonly happenings: readonly Happening[]
  /** Called after each instant on which something happened. */
  readonly onInstant?: (now: Instant) => void
}

const mostInstants = 1_000_000

/**
 * Plays a stage on its virtual clock up to and including `until`: the engine does what is due, people react, the clock moves to what
 * comes next. At one instant events are taken in before timers.
 */
export async function playUntil(stage: Stage, until: Instant): Promise<void> {
  const { drumbeat, clock, happenings, workspace } = stage
  const agenda = new Agenda()
  for (const happening of happenings) agenda.add(happening)
  const seen = new Map<SandboxChannel, number>()
  for (const channel of stage.channels) seen.set(channel, channel.messages.length)
  for (let instants = 0; instants < mostInstants; instants++) {
    await takePlace(workspace, agenda.due(clock.now()))
    await drumbeat.tick()
    addReactions(stage, agenda, seen)
    stage.onInstant?.(clock.now())
    const upcoming = [agenda.nextAt(), await drumbeat.nextDueAt()].filter((at) => at !== null)
    const next = Math.max(Math.min(...upcoming), clock.now())
    if (upcoming.length === 0 || next > until) break
    clock.moveTo(next)
  }
  clock.moveTo(Math.max(until, clock.now()))
}

/** What happens at one instant, in order. Reports are handed over together, as a provider would. */
async function takePlace(workspace: Workspace, due: readonly Happening[]): Promise<void> {
  await workspace.report(due.flatMap(({ report }) => (report === undefined ? [] : [report])))
  for (const { takePlace: happens } of due) await happens?.(workspace)
}

function addReactions({ channels, behavior, random }: Stage, agenda: Agenda, seen: Map<SandboxChannel, number>): void {
  for (const channel of channels) {
    const { messages } = channel
    for (const message of messages.slice(seen.get(channel) ?? 0)) {
      for (const reaction of reactionsTo(message, behavior, random)) agenda.add(happeningOf(message, reaction))
    }
    seen.set(channel, messages.length)
  }
}

function happeningOf(
  { channel, to: from, deliveryRef, at: sentAt }: SandboxMessage,
  { kind, afterMs, text = '' }: Reaction,
): Happening {
  const at = sentAt + afterMs
  if (kind !== 'reply') return { at, report: { delivery: { deliveryRef }, facts: [{ kind, at }] } }
  return { at, takePlace: (workspace) => workspace.receive({ channel, from, text, at }) }
}
