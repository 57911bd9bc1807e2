import { expect, it } from 'vitest'
import { ApiProblem, createClient } from '../src/client/index.js'
import { publicUrl, stage } from './stage.js'

it('calls operations by name, with parameters, query, body and revision', async () => {
  const { handle, admin } = stage()
  const client = createClient({ baseUrl: publicUrl, key: admin, fetch: handle })
  const changed = await client.upsertContact({ params: { contactId: 'ana/ü' }, body: { tags: ['vip'] } })
  expect(changed).toMatchObject({ id: 'ana/ü', tags: ['vip'] })
  expect((await client.listContacts({ query: { limit: 1 } })).items).toHaveLength(1)
  const campaign = await client.createCampaign({
    body: { name: 'One', sequence: { schema: 1, start: 'done', steps: { done: { kind: 'exit' } } } },
  })
  const params = { campaignId: campaign.id }
  const renamed = await client.updateCampaign({ params, body: { name: 'Two' }, revision: campaign.revision })
  expect(renamed).toMatchObject({ name: 'Two', revision: 2 })
  expect((await client.activateCampaign({ params, body: {} })).status).toBe('active')
  expect(await client.trackEvent({ body: { contactId: 'ana', event: 'x' }, idempotencyKey: '1' })).toBeUndefined()
  const file = { type: 'text/csv', content: 'id\nbea\n' }
  expect(await client.importContacts({ file })).toMatchObject({ created: 1 })
  expect(await client.eraseContact({ params: { contactId: 'bea' } })).toBeUndefined()
})

it('rejects with the problem that the API names', async () => {
  const { handle, admin } = stage()
  const client = createClient({ baseUrl: publicUrl, key: admin, fetch: handle })
  const problem = await client.getCampaign({ params: { campaignId: 'none' } }).catch((error: unknown) => error)
  expect(problem).toBeInstanceOf(ApiProblem)
  expect(problem).toMatchObject({
    status: 404,
    details: { code: 'not_found' },
    message: 'Workspace "acme" has no campaign "none".',
  })
  const proxy = createClient({
    baseUrl: publicUrl,
    fetch: async () => new Response('<h1>Bad gateway</h1>', { status: 502 }),
  })
  await expect(proxy.getSettings()).rejects.toMatchObject({ status: 502, details: null })
})
