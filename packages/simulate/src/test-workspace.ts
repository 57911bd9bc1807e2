import {
  type Action,
  action,
  branch,
  type CampaignInput,
  type ContactInput,
  createDrumbeat,
  type Drumbeat,
  defineSequence,
  emailTemplate,
  event,
  exit,
  type SandboxChannel,
  type Sequence,
  sandboxChannel,
  send,
  smsTemplate,
  split,
  VirtualClock,
  type WebhookCaller,
  type Workspace,
  wait,
  waitFor,
  webhook,
  webhookReply,
} from '@drumbeat/core'
import { memoryStore } from '@drumbeat/store-memory'

/** When every test begins: a Friday before the clocks go forward in New York. */
export const begins = '2026-03-06T15:00:00Z'

/** A real engine with a workspace, on a clock and channels of its own. */
export interface RealStage {
  readonly drumbeat: Drumbeat
  readonly workspace: Workspace
  readonly clock: VirtualClock
  readonly channels: readonly SandboxChannel[]
}

/** A campaign that uses most kinds of step. */
export const everything: CampaignInput = {
  name: 'Everything',
  entry: { on: event('trial.started') },
  quietHours: { sms: '21:00-10:00' },
  zone: 'Europe/Berlin',
  exitOn: event('subscription.started'),
  sequence: defineSequence({
    start: 'welcome',
    steps: {
      welcome: send({ channel: 'email', template: { id: 'welcome', version: 1 }, next: 'overnight' }),
      overnight: wait({ for: 'P1D', until: '08:00', next: 'active?' }),
      'active?': branch({ cases: [{ when: event('project.created'), next: 'tips' }], otherwise: 'nudge' }),
      tips: send({ channel: 'email', template: 'tips', next: 'offer' }),
      nudge: send({ channel: 'sms', template: 'nudge', next: 'answer' }),
      answer: waitFor({ cases: [{ reply: true, next: 'offer' }], limit: { for: 'P2D' }, timedOut: 'offer' }),
      offer: split({ arms: { a: { weight: 50, next: 'offer-a' }, b: { weight: 50, next: 'offer-b' } } }),
      'offer-a': send({ channel: 'email', template: 'offer-a', next: 'score' }),
      'offer-b': send({ channel: 'email', template: 'offer-b', next: 'score' }),
      score: webhook({ url: 'https://acme.test/score', next: 'good?', failed: 'lost' }),
      'good?': branch({ cases: [{ when: webhookReply('score', 'points').gt(10), next: 'assign' }], otherwise: 'done' }),
      assign: action({ action: 'crm.assign', input: { team: 'sales' }, exits: { next: 'done', busy: 'later' } }),
      later: send({ channel: 'sms', template: 'later', next: 'done' }),
      lost: exit('lost'),
      done: exit(),
    },
  }),
}

/** Somebody with a mail address, a number, a zone and a name. */
export function person(id: string, zone: string, more: Partial<ContactInput> = {}): ContactInput {
  const digits = [...id].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 10_000, 7)
  return {
    id,
    zone,
    addresses: { email: `${id}@example.com`, sms: `+1212555${String(digits).padStart(4, '0')}` },
    attributes: { name: id },
    ...more,
  }
}

/** Sets up a real engine with the templates of {@link everything}. Null = it is wired without. */
export async function realStage(
  options: {
    readonly actions?: readonly Action[]
    readonly webhooks?: WebhookCaller | null
    readonly unsubscribeUrl?: null
  } = {},
): Promise<RealStage> {
  const { webhooks = { call: async () => ({ outcome: 'done', reply: null }) }, unsubscribeUrl } = options
  const clock = new VirtualClock(begins)
  const channels = [sandboxChannel({ name: 'email', clock }), sandboxChannel({ name: 'sms', clock })]
  const drumbeat = createDrumbeat({
    store: memoryStore(),
    channels,
    clock,
    actions: options.actions ?? [{ name: 'crm.assign', run: async () => ({ outcome: 'done', reply: null }) }],
    ...(webhooks === null ? {} : { webhooks }),
    ...(unsubscribeUrl === null ? {} : { unsubscribeUrl: () => 'https://acme.test/bye' }),
  })
  const workspace = drumbeat.workspace('acme')
  const bye = '<a href="{{unsubscribeUrl}}">Unsubscribe</a>'
  const mail = (subject: string) => emailTemplate({ subject, html: `<p>Hello {{name | you}}.</p>${bye}` })
  await workspace.templates.publishAll({
    welcome: mail('Welcome, {{name | friend}}'),
    tips: mail('Tips'),
    'offer-a': mail('Offer A'),
    'offer-b': mail('Offer B'),
    nudge: smsTemplate({ body: 'Hi {{name}}, shall we help? Answer YES, or STOP to hear no more.' }),
    later: smsTemplate({ body: 'We will call you later, {{name}}.' }),
  })
  // Not what the first message is pinned to.
  await workspace.templates.publish('welcome', mail('A later welcome'))
  return { drumbeat, workspace, clock, channels }
}

/** Creates a campaign of one sequence, which contacts enter when it begins. */
export async function campaignOf(
  workspace: Workspace,
  sequence: Sequence,
  more: Partial<CampaignInput> = {},
): Promise<string> {
  return (await workspace.campaigns.create({ name: 'Test', sequence, ...more })).id
}
