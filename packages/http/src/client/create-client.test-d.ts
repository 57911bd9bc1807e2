import { expectTypeOf, test } from 'vitest'
import { createClient } from './index.js'

const client = createClient({ baseUrl: 'https://acme.test' })

test('an operation takes what its route takes, and gives what it gives', () => {
  expectTypeOf(client.getCampaign).parameter(0).toMatchTypeOf<{ readonly params: { readonly campaignId: string } }>()
  expectTypeOf(client.getCampaign({ params: { campaignId: '' } }).then(({ status }) => status)).resolves.toEqualTypeOf<
    'draft' | 'scheduled' | 'active' | 'paused' | 'stopping' | 'stopped' | 'completed' | 'archived'
  >()
  expectTypeOf(client.eraseContact({ params: { contactId: '' } })).resolves.toEqualTypeOf<undefined>()
})

test('what a route does not take does not compile', () => {
  // @ts-expect-error The path has a parameter.
  client.getCampaign()
  // @ts-expect-error An event has a contact.
  client.trackEvent({ body: { event: 'order.placed' } })
  // @ts-expect-error There is no such operation.
  client.getNothing()
  client.getSettings()
})
