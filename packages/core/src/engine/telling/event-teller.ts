import { retryAt } from '../../delivery/retry-policy.js'
import { bodyOfEvent } from '../../outbox/outbox-event.js'
import { endpointSecrets, type WebhookEndpoint } from '../../outbox/webhook-endpoint.js'
import type { EventAnswer, EventSender } from '../../ports/event-sender.js'
import type { ClaimedEvent, EndpointKey, Telling, WebhookAttempt } from '../../ports/store-outbox.js'
import type { EngineContext } from '../context.js'
import { EndpointPauses } from './endpoint-pauses.js'

/** A receiver may ask to be left alone no longer than this. */
const longestRetryAfterMs = 24 * 60 * 60 * 1000

/**
 * Tells the host's endpoints what the outbox holds, at least once and in order within a contact. Works beside the engine's rounds, so that a
 * slow receiver delays no message; and also while everything is stopped: it tells the host, and sends nobody anything.
 */
export class EventTeller {
  private readonly pauses = new EndpointPauses()
  private readonly busy = new Map<string, EndpointKey>()
  private underWay = 0
  private turn: Promise<number> | null = null
  private running: Promise<void> | null = null
  private stopping = new AbortController()
  private tidiedAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly context: EngineContext,
    private readonly sender: EventSender | null,
  ) {}

  /** Tells everything that is due now; returns how many attempts were made. A call while another is under way waits for that one. */
  tick(): Promise<number> {
    this.turn ??= this.takeTurn().finally(() => {
      this.turn = null
    })
    return this.turn
  }

  /** Works until `stop()`. */
  start(): void {
    if (this.sender === null || this.running !== null) return
    this.stopping = new AbortController()
    this.running = this.loop()
  }

  /** Claims no more, and waits for the requests under way. */
  async stop(): Promise<void> {
    this.stopping.abort()
    await this.running
    await this.turn?.catch(() => {})
    this.running = null
    this.stopping = new AbortController()
  }

  /** When something can be told next; null = nothing lies ahead, or this engine has nothing to tell it with. */
  async nextDueAt(): Promise<number | null> {
    const { store, clock } = this.context
    if (this.sender === null) return null
    const due = await store.outbox.nextDueAt()
    const now = clock.now()
    const pausedUntil = this.pauses.firstEnd(now)
    return due === null || due > now || pausedUntil === null ? due : Math.max(due, pausedUntil)
  }

  private async loop(): Promise<void> {
    const { signal } = this.stopping
    const report = (error: unknown): void => {
      this.context.events.emit('engine.failed', { during: 'telling endpoints of events', error })
    }
    while (!signal.aborted) {
      await this.tick().catch(report)
      await this.context.clock.sleep(this.context.settings.pollMs, signal)
    }
  }

  private async takeTurn(): Promise<number> {
    const { sender } = this
    if (sender === null) return 0
    const groups = new Set<Promise<void>>()
    let told = 0
    try {
      while (!this.stopping.signal.aborted) {
        const claimed = await this.claim()
        if (claimed.length === 0 && groups.size === 0) break
        told += claimed.length
        this.underWay += claimed.length
        for (const group of byEndpoint(claimed)) {
          const telling = this.tell(sender, group).finally(() => groups.delete(telling))
          groups.add(telling)
        }
        await Promise.race(groups)
      }
    } finally {
      await Promise.all(groups)
    }
    await this.tidy()
    return told
  }

  private async claim(): Promise<readonly ClaimedEvent[]> {
    const { store, clock, settings } = this.context
    const { atOnce, perEndpoint, leaseMs } = settings.outbox
    const limit = atOnce - this.underWay
    if (limit <= 0) return []
    const now = clock.now()
    const except = [...this.busy.values(), ...this.pauses.paused(now)]
    return store.outbox.claim({ now, limit, perEndpoint, leaseMs, except })
  }

  /** Sends events of one endpoint, each of another stream, and writes how that ended. */
  private async tell(sender: EventSender, group: readonly ClaimedEvent[]): Promise<void> {
    const { store, clock, settings, events } = this.context
    const [first] = group
    if (first === undefined) return
    const key = keyOf(first.endpoint)
    this.busy.set(nameOf(key), key)
    try {
      const tellings = await Promise.all(group.map((claimed) => this.attempt(sender, claimed)))
      const { disableAfterMs } = settings.outbox
      const disabled = await store.outbox.settle({ tellings, now: clock.now(), disableAfterMs })
      this.pauses.record(
        key,
        tellings.map(({ report }) => report.answer === 'taken'),
        clock.now(),
      )
      for (const endpoint of disabled) await this.noteDisabled(endpoint)
    } catch (error) {
      // Their leases run out, and they are told again.
      events.emit('engine.failed', { during: `telling endpoint ${key.endpointId} of events`, error })
    } finally {
      this.busy.delete(nameOf(key))
      this.underWay -= group.length
    }
  }

  private async attempt(sender: EventSender, claimed: ClaimedEvent): Promise<Telling> {
    const { clock, settings, random, secret } = this.context
    const { id, attempt, endpoint, event } = claimed
    const at = clock.now()
    const secrets = endpointSecrets(secret, endpoint, at)
    const message = { url: endpoint.url, secrets, id: event.id, body: bodyOfEvent(event) }
    const { answer, report } = await attemptAt(this.context, sender, message, { attempt, type: event.type })
    const now = clock.now()
    const retryAfterMs = answer.answer === 'failed' ? Math.min(answer.retryAfterMs ?? 0, longestRetryAfterMs) : 0
    const again =
      answer.answer === 'gone'
        ? now
        : retryAt(settings.outbox.retry, { attempts: attempt, retryAfterMs, random: random(), now })
    return { ...keyOf(endpoint), id, report, retryAt: again }
  }

  private async noteDisabled(endpoint: WebhookEndpoint): Promise<void> {
    const { store, clock, events, wanted } = this.context
    const { workspaceId, id, disabled } = endpoint
    wanted.forget(workspaceId)
    events.emit('endpoint.disabled', { workspaceId, endpointId: id, reason: disabled?.reason ?? 'failing' })
    const detail = { reason: disabled?.reason ?? 'failing' }
    const line = { workspaceId, at: clock.now(), actor: null, action: 'webhook_endpoint.disabled', subject: id, detail }
    await store.control.audit([line])
  }

  private async tidy(): Promise<void> {
    const { store, clock, settings } = this.context
    if (clock.monotonic() - this.tidiedAt < settings.tidyMs) return
    this.tidiedAt = clock.monotonic()
    const { keepAttemptsMs, keepEventsMs } = settings.outbox
    const now = clock.now()
    await store.outbox.tidy({ attemptsBefore: now - keepAttemptsMs, eventsBefore: now - keepEventsMs })
  }
}

/** Makes one attempt, and reports how it ended. Never rejects. */
export async function attemptAt(
  { clock }: Pick<EngineContext, 'clock'>,
  sender: EventSender,
  message: Parameters<EventSender['send']>[0],
  about: Pick<WebhookAttempt, 'attempt' | 'type'>,
): Promise<{ readonly answer: EventAnswer; readonly report: WebhookAttempt }> {
  const at = clock.now()
  const begun = clock.monotonic()
  const answer = await sender.send(message).catch((error: unknown): EventAnswer => {
    const code = error instanceof Error ? error.name : 'thrown'
    return { answer: 'failed', status: null, code, retryAfterMs: null }
  })
  const durationMs = clock.monotonic() - begun
  const { status } = answer
  const code = answer.answer === 'failed' ? answer.code.slice(0, 100) : null
  return { answer, report: { eventId: message.id, ...about, at, durationMs, answer: answer.answer, status, code } }
}

function byEndpoint(claimed: readonly ClaimedEvent[]): readonly (readonly ClaimedEvent[])[] {
  const groups = new Map<string, ClaimedEvent[]>()
  for (const one of claimed) {
    const name = nameOf(keyOf(one.endpoint))
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [one])
    else group.push(one)
  }
  return [...groups.values()]
}

function keyOf({ workspaceId, id }: WebhookEndpoint): EndpointKey {
  return { workspaceId, endpointId: id }
}

function nameOf({ workspaceId, endpointId }: EndpointKey): string {
  return JSON.stringify([workspaceId, endpointId])
}
