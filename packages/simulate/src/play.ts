import {
  ConfigurationError,
  type Drumbeat,
  formatInstant,
  type Instant,
  type SandboxChannel,
  type SandboxMessage,
  type VirtualClock,
  type Workspace,
} from '@drumbeat/core'
import { Agenda, type Happening } from './agenda.js'
import { type Behavior, type Reaction, reactionsTo } from './behavior.js'
import { randomFor } from './random.js'

/** A stage on which campaigns are played. */
export interface Stage {
  readonly drumbeat: Drumbeat
  readonly workspace: Workspace
  readonly clock: VirtualClock
  readonly channels: readonly SandboxChannel[]
  /** What people do about messages. Default: nothing. */
  readonly behavior?: Behavior
  /** Decides what people do: whoever gets the same number of messages acts alike, whatever becomes of others. Default 1. */
  readonly seed?: number
  /** What happens by itself, beside what people do about messages. */
  readonly happenings?: readonly Happening[]
  /** Called after each instant on which something happened. */
  readonly onInstant?: (now: Instant) => void
}

const mostInstants = 1_000_000

/**
 * Plays a stage on its virtual clock up to and including `until`: the engine does what is due, people react, the clock moves to what
 * comes next. At one instant events are taken in before timers.
 * @throws {ConfigurationError} when it is not over after a million instants.
 */
export async function playUntil(stage: Stage, until: Instant): Promise<void> {
  const { drumbeat, clock, happenings = [], workspace } = stage
  const agenda = new Agenda()
  for (const happening of happenings) agenda.add(happening)
  const audience = new Audience(stage)
  for (let instants = 0; ; instants++) {
    if (instants >= mostInstants) {
      const now = formatInstant(clock.now())
      throw new ConfigurationError(
        `It is not over after ${mostInstants} instants, at ${now}. Play fewer contacts or days.`,
      )
    }
    await takePlace(workspace, agenda.due(clock.now()))
    await drumbeat.tick()
    for (const happening of audience.reactions()) agenda.add(happening)
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

/** The people who get the messages of a stage, and react to each once. */
class Audience {
  private readonly seen = new Map<SandboxChannel, number>()
  private readonly received = new Map<string, number>()

  constructor(private readonly stage: Stage) {
    for (const channel of stage.channels) this.seen.set(channel, channel.messages.length)
  }

  /** What people will do about the messages since the last call. */
  reactions(): readonly Happening[] {
    return this.stage.channels.flatMap((channel) => {
      const unseen = channel.messages.slice(this.seen.get(channel) ?? 0)
      this.seen.set(channel, channel.messages.length)
      return unseen.flatMap((message) => this.reactionsTo(message))
    })
  }

  private reactionsTo(message: SandboxMessage): readonly Happening[] {
    const { behavior = {}, seed = 1 } = this.stage
    const person = `${message.channel}/${message.to}`
    const count = (this.received.get(person) ?? 0) + 1
    this.received.set(person, count)
    const random = randomFor(seed, `${person}/${count}`)
    return reactionsTo(message, behavior, random).map((reaction) => happeningOf(message, reaction))
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
