import { EventEmitter } from 'eventemitter3'
import { ConfigurationError } from '../errors.js'
import { inProcessAudienceCounts } from '../in-process/audience-counts.js'
import { inProcessLimiter } from '../in-process/limiter.js'
import type { AudienceCounts } from '../ports/audience-counts.js'
import type { Action, WebhookCaller } from '../ports/caller.js'
import type { Channel } from '../ports/channel.js'
import type { Clock } from '../ports/clock.js'
import type { ContactSource } from '../ports/contact-source.js'
import type { EventSender } from '../ports/event-sender.js'
import type { Limiter } from '../ports/limiter.js'
import type { Queue } from '../ports/queue.js'
import type { Store } from '../ports/store.js'
import type { Instant } from '../schedule/instant.js'
import { AudienceCounting } from './audience-counting.js'
import { CalibratedClock } from './calibrated-clock.js'
import { defaultEngineSettings, type EngineContext, type EngineSettings, type UnsubscribeRequest } from './context.js'
import type { DrumbeatEvents } from './events.js'
import { Workspace } from './face/workspace.js'
import { IdPool } from './id-pool.js'
import { openedStore } from './opened-store.js'
import { checkThrottle } from './pacing/adaptive-throttle.js'
import { AheadLimiter } from './pacing/ahead-limiter.js'
import { Circuits } from './pacing/circuits.js'
import { nextOpening } from './pacing/claim-within-rates.js'
import { Throttles } from './pacing/throttles.js'
import type { Tracking } from './sending/tracking.js'
import { systemClock } from './system-clock.js'
import { announcingStore } from './telling/announcing-store.js'
import { EventTeller } from './telling/event-teller.js'
import { WantedEvents } from './telling/wanted-events.js'
import { WakeUp } from './wake-up.js'
import { EngineLease, type TickReport, Worker } from './worker.js'

/** What Drumbeat is wired from. Only the Store and the channels are needed. */
export interface DrumbeatOptions {
  readonly store: Store
  readonly channels: readonly Channel[]
  /** Wakes engines early. Without one the Store is polled. */
  readonly queue?: Queue
  /** Keeps the rates of channels' accounts over all engines that share it. Default: each process keeps its own. */
  readonly limiter?: Limiter
  /** Reads contacts where the host keeps them. Without one the Store keeps them. */
  readonly contacts?: ContactSource
  /** Shares counts of audiences with other processes. Default: each process keeps its own. */
  readonly audienceCounts?: AudienceCounts
  /** Step kinds of the host's own. */
  readonly actions?: readonly Action[]
  /** Performs the calls of webhook steps. */
  readonly webhooks?: WebhookCaller
  /** Tells the endpoints that workspaces register of what happens. Without it none can be registered. */
  readonly eventSender?: EventSender
  /** The address that unsubscribes a contact; becomes `{{unsubscribeUrl}}` and the List-Unsubscribe headers. */
  readonly unsubscribeUrl?: (request: UnsubscribeRequest) => string
  /** Notices who opens mails and follows links. Without it, mails go out as they are written. */
  readonly tracking?: Tracking
  /**
   * Keys delivery references and idempotency keys: at least 16 characters, the same in every process, never changed. Default: one that the
   * Store made with itself.
   */
  readonly secret?: string
  /** Default: the machine's. */
  readonly clock?: Clock
  /** A number in [0, 1). Default `Math.random`. */
  readonly random?: () => number
  /** Names this engine among others; default: a random name. Two engines alive must never share one. */
  readonly engineId?: string
  readonly settings?: Partial<EngineSettings>
}

/** The engine and the door to its workspaces. */
export interface Drumbeat {
  /** Everything one tenant may do. `actor` is who does it, in the host's words: the audit log names it. Default: Drumbeat itself. */
  workspace(id: string, options?: { readonly actor?: string }): Workspace
  /** Opens the Store and works until `stop()`. */
  start(): Promise<void>
  /** Claims no more, waits for the calls under way, and gives its claims back. The Store stays open. */
  stop(): Promise<void>
  /** Does everything that is due now, and returns what it did: for cron jobs, serverless and tests. */
  tick(): Promise<TickReport & { /** Attempts to tell endpoints of events. */ readonly told: number }>
  /** When something is due next; null = nothing lies ahead. */
  nextDueAt(): Promise<Instant | null>
  /** Stops the engine and closes the queue and the Store. */
  close(): Promise<void>
  readonly events: EventEmitter<DrumbeatEvents>
}

/**
 * Wires Drumbeat. Nothing is opened or started yet.
 * @throws {ConfigurationError} when the wiring cannot work, with a sentence that says what to do.
 */
export function createDrumbeat(options: DrumbeatOptions): Drumbeat {
  checkWiring(options)
  const { random = Math.random } = options
  let secret = options.secret ?? null
  const opened = once(async () => {
    await options.store.open()
    secret ??= await options.store.control.secret()
  })
  const engineId =
    options.engineId ??
    `engine-${Math.floor(random() * 2 ** 48).toString(36)}-${Math.floor(random() * 2 ** 48).toString(36)}`
  const lease: EngineLease = new EngineLease(engineId, () => context)
  const settings = { ...defaultEngineSettings, ...options.settings }
  checkThrottle(settings.throttle)
  const clock = new CalibratedClock(options.clock ?? systemClock, settings.maxDriftMs)
  const plain = openedStore(options.store, opened)
  const wanted = new WantedEvents(plain.outbox, clock, settings.outbox.refreshMs)
  const store = announcingStore(plain, { wanted, clock, secret: () => context.secret })
  const context: EngineContext = {
    store,
    queue: options.queue ?? null,
    wakeUp: new WakeUp(),
    limiter: new AheadLimiter(options.limiter ?? inProcessLimiter()),
    channels: new Map(options.channels.map((channel) => [channel.name, channel])),
    actions: new Map((options.actions ?? []).map((action) => [action.name, action])),
    webhooks: options.webhooks ?? null,
    contactSource: options.contacts ?? null,
    audienceCounting: new AudienceCounting(options.audienceCounts ?? inProcessAudienceCounts(), clock),
    eventSender: options.eventSender ?? null,
    wanted,
    clock,
    random,
    get secret() {
      if (secret === null) throw new Error('The Store has to be open before anything is named outside.')
      return secret
    },
    unsubscribeUrl: options.unsubscribeUrl ?? null,
    tracking: options.tracking ?? {},
    settings,
    events: new EventEmitter<DrumbeatEvents>(),
    ids: new IdPool(store),
    circuits: new Circuits(),
    throttles: new Throttles(settings.maxInFlight, settings.throttle),
    lease,
  }
  const worker = new Worker(context, lease)
  const teller = new EventTeller(context, context.eventSender)
  const stop = async (): Promise<void> => {
    await Promise.all([worker.stop(), teller.stop()])
  }
  return {
    events: context.events,
    workspace(id, { actor } = {}) {
      if (typeof id !== 'string' || id === '' || id.length > 100) {
        throw new ConfigurationError('A workspace needs an id of 1 to 100 characters.')
      }
      return new Workspace(context, id, actor ?? null)
    },
    async start() {
      await opened()
      await worker.start()
      teller.start()
    },
    stop,
    async tick() {
      await opened()
      const report = await worker.tick()
      return { ...report, told: await teller.tick() }
    },
    async nextDueAt() {
      const due = await store.recipients.nextDueAt()
      const times = [
        due === null ? null : unblocked(context, due),
        await store.deliveries.nextLookAt(),
        await teller.nextDueAt(),
      ]
      const scheduled = (await store.campaigns.live()).map(({ startsAt }) => startsAt)
      const known = [...times, ...scheduled].filter((at) => at !== null)
      return known.length === 0 ? null : Math.min(...known)
    },
    async close() {
      await stop()
      await options.queue?.close()
      await store.close()
    },
  }
}

/** What is due already may wait for a blocked or limited account: then it is looked at again when one opens, or at the next poll. */
function unblocked(context: EngineContext, due: Instant): Instant {
  const { clock, circuits, settings } = context
  const now = clock.now()
  const openings = [...circuits.openAccounts(now).values(), nextOpening(context, now) ?? []].flat()
  return due > now || openings.length === 0 ? due : Math.min(now + settings.pollMs, ...openings)
}

function checkWiring({ store, channels, secret, actions = [] }: DrumbeatOptions): void {
  if (typeof store !== 'object' || store === null || typeof store.open !== 'function') {
    throw new ConfigurationError(
      'createDrumbeat() needs a store: memoryStore(), pgliteStore({ dataDir }) or postgresStore({ pool }).',
    )
  }
  if (!Array.isArray(channels) || channels.length === 0) {
    throw new ConfigurationError(
      'createDrumbeat() needs at least one channel, such as sandboxChannel({ name: "email" }).',
    )
  }
  for (const [what, names] of [
    ['channel', channels.map(({ name }) => name)],
    ['action', actions.map(({ name }) => name)],
  ] as const) {
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined)
      throw new ConfigurationError(`Two ${what}s are called "${twice}". Give each ${what} a name of its own.`)
  }
  if (secret !== undefined && secret.length < 16) {
    throw new ConfigurationError(`The secret has ${secret.length} characters; it needs at least 16.`)
  }
}

/** Runs once; a failure may be tried again. */
function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null
  return () => {
    done ??= work().catch((error: unknown) => {
      done = null
      throw error
    })
    return done
  }
}
