import { normalizeAddress } from '../../contact/address.js'
import type { Category } from '../../contact/consent.js'
import type { Contact } from '../../contact/contact.js'
import { suppressionProblem } from '../../contact/suppression.js'
import { idempotencyKey, testRef } from '../../delivery/delivery-key.js'
import { ConfigurationError, ConflictError, InvalidTransitionError, TemplateError } from '../../errors.js'
import type { JsonObject } from '../../json.js'
import type { RenderedContent, RenderResult } from '../../message/render.js'
import type { TemplateVersion } from '../../message/template.js'
import type { Channel, RejectionReason } from '../../ports/channel.js'
import { contactKey } from '../../ports/store-contacts.js'
import { formatInstant } from '../../schedule/instant.js'
import type { EngineContext } from '../context.js'
import { giveBack, withinRates } from '../pacing/rate.js'
import { CallDeadlines } from './call-deadlines.js'
import { type Composed, composeMessage, valuesFor } from './compose-message.js'
import { type CallEnd, ofSend } from './dispatch.js'
import { permittedCall } from './permitted-call.js'

/** One template version, to be sent to one address as a test. */
export interface TestMessage {
  readonly workspaceId: string
  readonly template: TemplateVersion
  readonly channel: string
  readonly to: string
  readonly contact: Pick<Contact, 'id' | 'attributes' | 'addresses' | 'locale'>
  readonly trigger: JsonObject
  readonly replies: JsonObject
  readonly category: Category
  /** Whether the subject says that it is a test. */
  readonly mark: boolean
}

/** What became of a test send. `ref` names it at the provider, as a delivery's reference does. */
export type TestSend =
  | { readonly result: 'sent'; readonly ref: string; readonly providerId: string | null }
  /** It did not go out, and `retryAfterMs` null = nobody says when another one might. */
  | {
      readonly result: 'refused'
      readonly ref: string
      /** As the channel says it: for good, for now, or because the account cannot send at all. */
      readonly outcome: 'rejected' | 'not_accepted' | 'blocked'
      readonly code: string
      readonly reason: RejectionReason | null
      readonly retryAfterMs: number | null
    }
  /** Whether it went out is not known. */
  | { readonly result: 'unknown'; readonly ref: string; readonly code: string }

const mark = '[Test] '

/**
 * Sends a message as a test: made as a delivery's is, and called through the same channel under a permit of the Store, so that stops and
 * pauses hold it. No delivery, fact, counter or cap knows of it, nothing of it is tracked, and no address of it is kept. An account's circuit
 * neither holds it nor hears of it: it is how people find out whether an account works again.
 * @throws {ConfigurationError} when the address or the channel is none.
 * @throws {TemplateError} when the template cannot be filled in with what is given.
 * @throws {ConflictError} `suppressed` when the address is closed, `over_budget` when the workspace has sent too many.
 * @throws {InvalidTransitionError} when the workspace or the account stands still.
 */
export async function sendTest(context: EngineContext, test: TestMessage): Promise<TestSend> {
  const { store, settings, clock } = context
  await store.open()
  const channel = channelOf(context, test)
  const to = addressOf(channel, test)
  await refuseSuppressed(context, test, to)
  const [id] = await store.deliveries.reserveIds(1)
  if (id === undefined) throw new Error('The Store reserved no id.')
  const ref = testRef(context.secret, id)
  const { message, contentHash, segments } = await compose(context, test, { to, ref })
  const starting = { ready: { delivery: { channel: channel.name, segments } } }
  const waitMs = await waitForRate(context, starting)
  if (waitMs !== null) return refused(ref, { outcome: 'not_accepted', code: 'rate', retryAfterMs: waitMs })
  const permit = await permitted(context, test, channel).catch(async (error: unknown) => {
    await giveBack(context, [starting])
    throw error
  })
  const deadlines = new CallDeadlines(clock, settings.callTimeoutMs)
  const end = await permittedCall(permit.mayStart, deadlines.begin(), async (deadline, assertMayStart) => {
    const key = idempotencyKey(context.secret, id, contentHash)
    const { signal } = deadline
    return ofSend(await channel.send(message, { idempotencyKey: key, deliveryRef: ref, assertMayStart, signal }))
  })
  await permit.finish()
  return resultOf(ref, end)
}

function channelOf({ channels }: EngineContext, { channel: name }: TestMessage): Channel {
  const channel = channels.get(name)
  if (channel === undefined)
    throw new ConfigurationError(`No channel is called "${name}". There are: ${[...channels.keys()].join(', ')}.`)
  return channel
}

function addressOf({ name, addressKind }: Channel, { to }: TestMessage): string {
  const normalized = normalizeAddress(addressKind, to)
  if (normalized.ok) return normalized.address
  throw new ConfigurationError(`A test cannot be sent by "${name}" to what is given: ${normalized.problem}.`)
}

/** An address that is closed to everybody is closed to tests: its owner, or its provider, has said so. */
async function refuseSuppressed({ store }: EngineContext, test: TestMessage, address: string): Promise<void> {
  const { workspaceId, channel, contact } = test
  const key = { workspaceId, contactId: contact.id }
  const permissions = await store.contacts.permissions([{ ...key, addresses: { [channel]: address } }])
  const { suppressions = [] } = permissions.get(contactKey(key)) ?? {}
  const found = suppressionProblem(suppressions, { channel, address, topic: null })
  if (found === null) return
  throw new ConflictError(
    `A test cannot be sent to an address that is suppressed: "${channel}" has closed it since ${formatInstant(found.at)} (${found.reason}). Choose another address, or open this one again.`,
    { kind: 'suppressed' },
  )
}

async function compose(
  context: EngineContext,
  test: TestMessage,
  { to, ref }: { readonly to: string; readonly ref: string },
): Promise<Extract<Composed, { ok: true }>> {
  const { workspaceId, template, channel, contact, trigger, replies, category } = test
  const settings = await context.store.control.workspace({ workspaceId })
  const composed = composeMessage({
    template,
    values: valuesFor(contact, {
      workspace: settings?.variables ?? {},
      trigger,
      webhook: replies,
      // Nobody's: whoever follows it unsubscribes no contact, whichever was chosen to fill the message in.
      unsubscribeUrl: context.unsubscribeUrl?.({ workspaceId, contactId: ref, channel, topic: null, deliveryRef: ref }),
    }),
    finish: (content) => (test.mark ? marked(content) : content),
    to,
    category,
    inReplyTo: null,
    metadata: {},
  })
  if (composed.ok) return composed
  throw new TemplateError(`The test was not sent: ${problemsOf(composed).join('; ')}.`)
}

function marked(content: RenderedContent): RenderedContent {
  return content.kind === 'email' ? { ...content, subject: mark + content.subject } : content
}

function problemsOf({ missing, unsafe }: Extract<RenderResult, { ok: false }>): readonly string[] {
  return [
    ...missing.map(({ name, path }) => `"{{${name}}}" in ${path} has neither a value nor a fallback`),
    ...unsafe.map(({ name, path, reason }) => `the value of "{{${name}}}" may not stand in ${path} (${reason})`),
  ]
}

/** Waits its turn like any message; returns when to try again if that takes longer than a call may. */
async function waitForRate(context: EngineContext, starting: Parameters<typeof withinRates>[1][number]) {
  const { clock, settings } = context
  const until = clock.monotonic() + settings.callTimeoutMs
  for (;;) {
    const [later] = (await withinRates(context, [starting])).later
    if (later === undefined) return null
    const waitMs = Math.max(1, later.until - clock.now())
    if (clock.monotonic() + waitMs > until) return waitMs
    await clock.sleep(waitMs)
  }
}

/** The Store's permit, and how to give it back. Elapsed time alone counts, so that a host whose clock is off can send tests too. */
async function permitted(context: EngineContext, { workspaceId }: TestMessage, { name, account }: Channel) {
  const { store, clock, settings, events } = context
  const { permitMs, callTimeoutMs, testSends } = settings
  const [begun, begunAt] = [clock.monotonic(), clock.now()]
  const permit = await store.control.permitTestSend({
    workspaceId,
    account,
    now: begunAt,
    permitMs,
    longestMs: permitMs + callTimeoutMs,
    ...testSends,
  })
  if (permit.result === 'closed') {
    throw new InvalidTransitionError(
      `No test can be sent now: workspace "${workspaceId}" or the account of "${name}" stands still. Resume it first.`,
    )
  }
  if (permit.result === 'over_budget') {
    const { budget, windowMs } = testSends
    throw new ConflictError(
      `Workspace "${workspaceId}" may send ${budget} tests within ${windowMs / 60_000} minutes, and has. It may again at ${formatInstant(permit.retryAt)}.`,
      { kind: 'over_budget', retryable: true, retryAfterMs: Math.max(1, permit.retryAt - clock.now()) },
    )
  }
  const startMs = permitMs - Math.min(500, permitMs / 4)
  return {
    // The wall clock goes on where a machine that sleeps stops the monotonic one.
    mayStart: (): boolean => clock.monotonic() < begun + startMs && clock.now() < begunAt + startMs,
    /** A Store that is away does not undo what was sent: the permit ends by itself. */
    async finish(): Promise<void> {
      try {
        await store.control.finishTestSend({ workspaceId, id: permit.id, now: clock.now() })
      } catch (error) {
        events.emit('engine.failed', { during: 'finishing a test send', error })
      }
    },
  }
}

type Refusal = Pick<Extract<TestSend, { result: 'refused' }>, 'outcome' | 'code'> &
  Partial<Extract<TestSend, { result: 'refused' }>>

function refused(ref: string, refusal: Refusal): TestSend {
  return { reason: null, retryAfterMs: null, ...refusal, result: 'refused', ref }
}

function resultOf(ref: string, end: CallEnd): TestSend {
  switch (end.outcome) {
    case 'accepted':
      return { result: 'sent', ref, providerId: end.providerId }
    case 'unknown':
      return { result: 'unknown', ref, code: end.code }
    case 'not_started':
      return refused(ref, { outcome: 'not_accepted', code: 'not_started', retryAfterMs: 0 })
    case 'rejected':
      return refused(ref, { outcome: end.outcome, code: end.code, reason: end.reason ?? null })
    case 'not_accepted':
      return refused(ref, { outcome: end.outcome, code: end.code, retryAfterMs: end.retryAfterMs })
    default:
      return refused(ref, { outcome: end.outcome, code: end.code })
  }
}
