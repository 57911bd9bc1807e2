import { defineSequence, exit, type WebhookCaller, webhook } from '@drumbeat/core'
import { expect, it } from 'vitest'
import { stage } from './stage.js'

type Request = Parameters<WebhookCaller['call']>[0]

const sequence = defineSequence({
  start: 'score',
  steps: {
    score: webhook({
      url: 'https://crm.test/people/{{contact.id}}?order={{trigger.order | none}}',
      body: { hello: 'Hello {{name}}', kept: [1, '{{workspace.company}}'] },
      headers: { 'x-note': '{{name}}' },
      next: 'tell',
      failed: 'lost',
    }),
    tell: webhook({
      url: 'https://crm.test/told',
      body: { points: '{{webhook.score.points}}' },
      next: 'done',
      failed: 'lost',
    }),
    done: exit(),
    lost: exit('lost'),
  },
})

/** A caller that keeps requests; the first answer of each step may be given. */
function keeping(answers: Awaited<ReturnType<WebhookCaller['call']>>[] = []) {
  const requests: (Request & { readonly key: string })[] = []
  const webhooks: WebhookCaller = {
    async call(request, { idempotencyKey }) {
      requests.push({ ...request, key: idempotencyKey })
      return answers.shift() ?? { outcome: 'done', reply: { points: 12 } }
    },
  }
  return { webhooks, requests }
}

async function entered(webhooks: WebhookCaller, attributes: Record<string, string>) {
  const set = await stage({ sequence, webhooks })
  await set.workspace.configure({ variables: { company: 'Acme' } })
  await set.workspace.contacts.upsert({ id: 'a/b', attributes })
  await set.workspace.track({ contactId: 'a/b', event: 'in', data: { order: 'x&y' } })
  await set.play(60_000)
  return set
}

it('a webhook step is filled in with its contact, its trigger, the workspace and earlier replies', async () => {
  const { webhooks, requests } = keeping()
  const { runs, failures } = await entered(webhooks, { name: '"Ana"' })
  expect(requests).toMatchObject([
    {
      url: 'https://crm.test/people/a%2Fb?order=x%26y',
      body: { contactId: 'a/b', trigger: { order: 'x&y' }, body: { hello: 'Hello "Ana"', kept: [1, 'Acme'] } },
      headers: { 'x-note': '{{name}}' },
    },
    { url: 'https://crm.test/told', body: { body: { points: '12' } } },
  ])
  expect([await runs(), failures]).toEqual([['completed at done: completed'], []])
})

it('one that lacks a value is not called, and takes its failed exit with a reason that names the token', async () => {
  const { webhooks, requests } = keeping()
  const { runs, workspace, campaign } = await entered(webhooks, {})
  expect(requests).toEqual([])
  expect(await runs()).toEqual(['exited at lost: lost'])
  expect(await workspace.deliveries(campaign.id)).toMatchObject([
    { kind: 'webhook', state: 'failed', reason: 'missing_token:name', attempts: 0 },
  ])
})

it('is filled in anew for each attempt, under the same key', async () => {
  const { webhooks, requests } = keeping([{ outcome: 'not_done', code: '503', retryAfterMs: 120_000 }])
  const { workspace, play } = await entered(webhooks, { name: 'Ana' })
  await workspace.contacts.upsert({ id: 'a/b', attributes: { name: 'Bo' } })
  await play(10 * 60_000)
  const [first, second] = requests
  expect([first?.body.body, second?.body.body]).toMatchObject([{ hello: 'Hello Ana' }, { hello: 'Hello Bo' }])
  expect(second?.key).toBe(first?.key)
})

it('one that is not well-formed, having been published when tokens were not read, fails and is reported', async () => {
  const { webhooks, requests } = keeping()
  const { store, workspace, play, runs, campaign, failures } = await stage({ sequence, webhooks })
  const versions = store.campaigns.versions.bind(store.campaigns)
  store.campaigns.versions = async (wanted) =>
    JSON.parse(JSON.stringify(await versions(wanted)).replaceAll('Hello {{name}}', 'Hello {{#name}}'))
  await workspace.track({ contactId: 'p0', event: 'in', data: { order: '1' } })
  await play(60_000)
  expect([requests, await runs()]).toEqual([[], ['exited at lost: lost']])
  expect(await workspace.deliveries(campaign.id)).toMatchObject([{ state: 'failed', reason: 'not_rendered' }])
  expect(failures).toMatchObject([{ code: 'template', message: expect.stringContaining('its body, line 1') }])
})
