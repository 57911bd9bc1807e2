import {
  type Campaign,
  type CampaignInput,
  type Channel,
  createDrumbeat,
  type Drumbeat,
  type DrumbeatOptions,
  defineSequence,
  emailTemplate,
  event,
  exit,
  type Sequence,
  type Store,
  sandboxChannel,
  send,
  VirtualClock,
  type Workspace,
  wait,
} from '@drumbeat/core'
import { memoryStore } from '@drumbeat/store-memory'

/** One mail, a day, and the end. */
export const oneMail: Sequence = defineSequence({
  start: 'mail',
  steps: {
    mail: send({ channel: 'email', template: 'mail', next: 'a-day' }),
    'a-day': wait({ for: 'P1D', next: 'done' }),
    done: exit(),
  },
})

/** An engine on the memory store and a virtual clock, with one campaign that people enter by the event `in`. */
export interface Stage {
  readonly drumbeat: Drumbeat
  readonly workspace: Workspace
  readonly store: Store
  readonly clock: VirtualClock
  readonly campaign: Campaign
  /** Errors that the engine reported instead of throwing. */
  readonly failures: unknown[]
  /** Ticks, moves on, and ticks again until so much time has passed. */
  readonly play: (ms: number, everyMs?: number) => Promise<void>
  readonly states: () => Promise<readonly string[]>
  readonly runs: () => Promise<readonly string[]>
  readonly counted: (name: string) => Promise<number>
}

export interface StageOptions extends Partial<Omit<DrumbeatOptions, 'store' | 'channels' | 'clock'>> {
  readonly store?: Store
  readonly clock?: VirtualClock
  readonly channel?: (clock: VirtualClock) => Channel
  readonly sequence?: Sequence
  readonly campaign?: Partial<CampaignInput>
  readonly people?: number
  readonly workspaceId?: string
}

/** Sets a stage up: nobody has entered yet. */
export async function stage(options: StageOptions = {}): Promise<Stage> {
  const { store = memoryStore(), clock = new VirtualClock('2026-01-05T10:00:00Z'), people = 1, ...rest } = options
  const { channel = (time) => sandboxChannel({ name: 'email', clock: time }), sequence = oneMail, workspaceId } = rest
  const drumbeat = createDrumbeat({
    unsubscribeUrl: () => 'https://acme.test/bye',
    ...rest,
    store,
    clock,
    channels: [channel(clock)],
  })
  const workspace = drumbeat.workspace(workspaceId ?? 'acme')
  await store.open()
  await workspace.templates.publish(
    'mail',
    emailTemplate({ subject: 'Hi', html: '<a href="{{unsubscribeUrl}}">Bye</a>' }),
  )
  await workspace.contacts.import(
    Array.from({ length: people }, (_, n) => ({ id: `p${n}`, zone: 'UTC', addresses: { email: `p${n}@example.com` } })),
  )
  const created = await workspace.campaigns.create({
    name: 'Stage',
    category: 'transactional',
    entry: { on: event('in'), again: 'always' },
    sequence,
    ...options.campaign,
  })
  const campaign = await workspace.campaigns.activate(created.id)
  const failures: unknown[] = []
  drumbeat.events.on('engine.failed', ({ error }) => failures.push(error))
  return {
    drumbeat,
    workspace,
    store,
    clock,
    campaign,
    failures,
    async play(ms, everyMs = 60_000) {
      for (let passed = 0; passed < ms; passed += everyMs) {
        await drumbeat.tick()
        clock.advance(everyMs)
      }
      await drumbeat.tick()
    },
    states: async () => (await workspace.deliveries(campaign.id)).map(({ stepId, state }) => `${stepId} ${state}`),
    runs: async () =>
      (await workspace.recipients(campaign.id)).map(
        ({ status, stepId, reason }) => `${status} at ${stepId}${reason === null ? '' : `: ${reason}`}`,
      ),
    counted: async (name) =>
      (await workspace.campaigns.counters(campaign.id))
        .filter((counter) => counter.name === name)
        .reduce((sum, { value }) => sum + value, 0),
  }
}

/** Replaces one method of a store until it is called so often. */
export function once<Group extends object, Name extends keyof Group>(
  group: Group,
  name: Name,
  replacement: (real: Group[Name]) => Group[Name],
): void {
  const real = group[name]
  const bound = (real as () => unknown).bind(group) as Group[Name]
  const wrapped = (...args: unknown[]) => {
    group[name] = real
    return (replacement(bound) as (...given: unknown[]) => unknown)(...args)
  }
  group[name] = wrapped as Group[Name]
}

export const hour = 60 * 60 * 1000
export const day = 24 * hour
