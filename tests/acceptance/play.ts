import {
  type CampaignInput,
  type ContactInput,
  createDrumbeat,
  type Delivery,
  type Drumbeat,
  emailTemplate,
  formatInstant,
  type InstantInput,
  type MessageSpec,
  type SandboxMessage,
  type Store,
  sandboxChannel,
  smsTemplate,
  type TemplateDraft,
  toInstant,
  VirtualClock,
  type Workspace,
  type WorkspaceSettings,
} from '@drumbeat/core'

/** Something that happens while a campaign plays, at an instant of its own. */
export interface Happening {
  readonly at: InstantInput
  readonly does: (workspace: Workspace, play: Play) => Promise<unknown>
}

/** One campaign on one store, a virtual clock and sandbox channels. */
export interface Play {
  readonly drumbeat: Drumbeat
  readonly workspace: Workspace
  readonly campaignId: string
  readonly clock: VirtualClock
  /** What went out, in order. */
  readonly messages: () => readonly SandboxMessage[]
  /** What is recorded as sent, by contact and in order, as `step utc`. */
  readonly sends: () => Promise<{ readonly [contactId: string]: readonly string[] }>
}

let plays = 0

const bySentAt = (one: Delivery, other: Delivery): number =>
  (one.sentAt ?? 0) - (other.sentAt ?? 0) || one.id - other.id

/** Sets a campaign up in a workspace of its own and plays it to `until`. */
export async function play(
  store: Store,
  script: {
    readonly from: InstantInput
    readonly until: InstantInput
    readonly campaign: CampaignInput
    readonly contacts: readonly ContactInput[]
    readonly happenings: readonly Happening[]
    readonly settings?: Partial<WorkspaceSettings>
  },
): Promise<Play> {
  const clock = new VirtualClock(script.from)
  const channels = [sandboxChannel({ name: 'email', clock }), sandboxChannel({ name: 'sms', clock })]
  plays++
  const drumbeat = createDrumbeat({
    store,
    channels,
    clock,
    engineId: `play-${process.pid}-${plays}`,
    unsubscribeUrl: () => 'https://acme.test/bye',
  })
  await store.open()
  const workspace = drumbeat.workspace(`play-${process.pid}-${plays}`)
  if (script.settings !== undefined) await workspace.configure(script.settings)
  await publishTemplates(workspace, script.campaign)
  await workspace.contacts.import(script.contacts)
  const { id: campaignId } = await workspace.campaigns.create(script.campaign)
  await workspace.campaigns.activate(campaignId)
  const played: Play = {
    drumbeat,
    workspace,
    campaignId,
    clock,
    messages: () => channels.flatMap(({ messages }) => messages).sort((a, b) => a.at - b.at),
    async sends() {
      const deliveries = await workspace.deliveries(campaignId, { limit: 1000, states: ['sent'] })
      const sent: Record<string, string[]> = {}
      for (const { contactId, itemId, stepId, sentAt } of [...deliveries].sort(bySentAt)) {
        sent[contactId] = [...(sent[contactId] ?? []), `${itemId ?? stepId} ${formatInstant(sentAt ?? 0)}`]
      }
      return sent
    },
  }
  const happenings = [...script.happenings].sort((a, b) => toInstant(a.at, 'at') - toInstant(b.at, 'at'))
  for (const happening of happenings) {
    await playTo(played, toInstant(happening.at, 'at'))
    await happening.does(workspace, played)
  }
  await playTo(played, toInstant(script.until, 'until') + 1)
  return played
}

/** Moves from due instant to due instant, up to and not including `end`; what is due at `end` waits for what happens then. */
async function playTo({ drumbeat, clock }: Play, end: number): Promise<void> {
  for (let round = 0; round < 100_000; round++) {
    await drumbeat.tick()
    const next = await drumbeat.nextDueAt()
    if (next === null || next >= end) break
    clock.moveTo(Math.max(next, clock.now()))
  }
  clock.moveTo(Math.max(end, clock.now()))
}

async function publishTemplates(workspace: Workspace, { sequence }: CampaignInput): Promise<void> {
  const messages = Object.values(sequence.steps).flatMap((step): readonly MessageSpec[] => {
    if (step.kind === 'series') return step.items
    return step.kind === 'send' ? [step] : []
  })
  for (const { template, channel } of messages) {
    const id = typeof template === 'string' ? template : template.id
    const draft: TemplateDraft =
      channel === 'sms'
        ? smsTemplate({ body: `This is ${id}` })
        : emailTemplate({ subject: id, html: '<p>Hello</p><a href="{{unsubscribeUrl}}">Unsubscribe</a>' })
    await workspace.templates.publish(id, draft)
  }
}
