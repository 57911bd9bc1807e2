import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, it } from 'vitest'
import { describeApi } from '../src/openapi/describe-api.js'
import { apiRoutes, routes } from '../src/routes/index.js'
import { publicUrl, stage } from './stage.js'

/** These files are written anew by `npx vitest run --project integration packages/http -u`. */
const asFile = (text: string) => `${text}\n`

it('is described by a document that is kept in the repository and is not stale', async () => {
  const described = describeApi(routes.filter(({ operation }) => operation !== 'getDescription'))
  await expect(asFile(JSON.stringify(described, null, 2))).toMatchFileSnapshot('../openapi.json')
})

it('has a client that knows every operation', async () => {
  const lines = apiRoutes.map(({ operation, method, path }) => `  ${operation}: '${method} ${path}',`)
  const head =
    '/** Method and path of every operation. Written by the test `openapi.test.ts`: the client must not load the routes. */'
  await expect(asFile([head, 'export const operations = {', ...lines, '} as const'].join('\n'))).toMatchFileSnapshot(
    '../src/client/operations.ts',
  )
})

it('serves that document at its own address, and it is valid OpenAPI 3.1', async () => {
  const { ask } = stage()
  const { status, json } = await ask('GET', '/v1/openapi.json', { key: null })
  expect([status, json.openapi, json.servers]).toEqual([200, '3.1.0', [{ url: publicUrl }]])
  const { valid, errors } = await new Validator().validate(json)
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
})

it('names every operation once, and says of each who may call it and what is recorded of it', () => {
  const names = routes.map(({ operation }) => operation)
  expect(new Set(names).size).toBe(names.length)
  for (const { operation, method, audit } of apiRoutes) {
    // What reads may leave no line. What changes something does, but for events, which are a record themselves.
    const isRead = method === 'GET' || /^(search|count|lint|preview|simulate|track)/.test(operation)
    expect(`${operation}: ${audit !== 'none' || isRead}`).toBe(`${operation}: true`)
  }
})
