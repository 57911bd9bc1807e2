import {
  type Channel,
  createDrumbeat,
  type Drumbeat,
  defineSequence,
  type EngineSettings,
  emailTemplate,
  exit,
  type Queue,
  type Store,
  send,
} from '@drumbeat/core'
import { html, personOf, subject } from '../mail.js'

/** The workspace of all measurements. */
export const workspaceId = 'bench'
/** Messages that each recipient of the drained campaign gets. */
export const mailsEach = 4

/** Accepts every message at once. */
export const noChannel: Channel = {
  name: 'email',
  account: 'nobody',
  addressKind: 'email',
  capabilities: { idempotencyKeyTtlMs: null, echoesReference: true, lookup: 'none' },
  async send(_message, { deliveryRef, assertMayStart }) {
    assertMayStart()
    return { outcome: 'accepted', providerId: deliveryRef }
  },
}

/** Accepts every message too, and keeps the references that reports name deliveries by. */
export function recordingChannel(refs: string[]): Channel {
  return {
    ...noChannel,
    async send(message, context) {
      refs.push(context.deliveryRef)
      return noChannel.send(message, context)
    },
  }
}

/** An engine with every promise kept, in batches as large as the protocol allows. */
export function engineOn(
  store: Store,
  settings: Partial<EngineSettings> = {},
  channel = noChannel,
  queue?: Queue,
): Drumbeat {
  const drumbeat = createDrumbeat({
    store,
    ...(queue === undefined ? {} : { queue }),
    channels: [channel],
    secret: 'a secret of the benchmarks',
    unsubscribeUrl: ({ deliveryRef }) => `https://acme.test/bye/${deliveryRef}`,
    settings: { batchSize: 1_000, maxInFlight: 1_000, ...settings },
  })
  drumbeat.events.on('engine.failed', ({ during, error }) => console.error(during, error))
  return drumbeat
}

/** Imports so many people. */
export async function importPeople(drumbeat: Drumbeat, from: number, count: number): Promise<void> {
  const { contacts } = drumbeat.workspace(workspaceId)
  for (let start = from; start < from + count; start += 1_000) {
    const people = Array.from({ length: Math.min(1_000, from + count - start) }, (_, index) => personOf(start + index))
    await contacts.import(people.map(({ email, ...person }) => ({ ...person, addresses: { email } })))
  }
}

/** Publishes the mail that everybody gets. */
export async function publishMail(drumbeat: Drumbeat): Promise<void> {
  const workspace = drumbeat.workspace(workspaceId)
  await workspace.configure({ variables: { product: 'Acme' } })
  await workspace.templates.publish('mail', emailTemplate({ subject, html }))
}

/** Enrolls people in a campaign of four mails, all of them due at once. `jobs` counts mails. */
export async function fill(store: Store, jobs: number): Promise<void> {
  const drumbeat = engineOn(store)
  await store.open()
  await publishMail(drumbeat)
  const people = Math.ceil(jobs / mailsEach)
  await importPeople(drumbeat, 0, people)
  while ((await drumbeat.tick()).ingested > 0) await Promise.resolve()
  const { campaigns, enroll } = withEnroll(drumbeat)
  const campaign = await campaigns.create({
    name: 'Four mails',
    entry: { when: 'api' },
    sequence: defineSequence({
      start: 'one',
      steps: {
        one: send({ channel: 'email', template: 'mail', next: 'two' }),
        two: send({ channel: 'email', template: 'mail', next: 'three' }),
        three: send({ channel: 'email', template: 'mail', next: 'four' }),
        four: send({ channel: 'email', template: 'mail', next: 'done' }),
        done: exit(),
      },
    }),
  })
  await campaigns.activate(campaign.id)
  for (let from = 0; from < people; from += 1_000) {
    const ids = Array.from({ length: Math.min(1_000, people - from) }, (_, index) => personOf(from + index).id)
    await enroll(campaign.id, ids)
  }
}

function withEnroll(drumbeat: Drumbeat) {
  const workspace = drumbeat.workspace(workspaceId)
  return { campaigns: workspace.campaigns, enroll: workspace.enroll.bind(workspace) }
}

/** Runs an engine on a store until it is stopped, and counts what it has settled. */
export async function drain(
  store: Store,
  done: (count: number) => void,
  close: () => Promise<void>,
  queue?: Queue,
): Promise<{ readonly stop: () => Promise<void> }> {
  const drumbeat = engineOn(store, {}, noChannel, queue)
  drumbeat.events.on('delivery.settled', () => done(1))
  await drumbeat.start()
  return {
    async stop() {
      await drumbeat.close()
      await close()
    },
  }
}
