import type { JsonObject } from '@drumbeat/core'
import * as z from 'zod'
import type { AnyRoute, ApiRoute } from '../routing/route.js'
import { components } from './components.js'

/** Where the document says that the API is, unless it is served and knows better. */
const example = 'https://acme.test/drumbeat'

/** The OpenAPI 3.1 document of the API: made of the schemas that requests are checked by, so it cannot say anything else. */
export function describeApi(routes: readonly AnyRoute[], publicUrl: string = example): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = {}
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Drumbeat',
      version: '1',
      description: 'Campaigns, contacts and messages of one workspace, which the caller’s key or session decides.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: publicUrl }],
    paths,
    components: {
      schemas: Object.fromEntries(
        Object.entries(components).map(([name, schema]) => [name, jsonSchema(schema, 'output', name)]),
      ),
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
      responses: {
        Problem: {
          description: 'What is wrong, and what is legal.',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  }
}

function operationOf(route: AnyRoute): JsonObject {
  const { operation: operationId, summary, path } = route
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name]) =>
    parameter('path', name ?? '', { type: 'string' }, true),
  )
  const problem = { default: { $ref: '#/components/responses/Problem' } }
  if (route.access === 'open') {
    const responses = { 200: { description: 'Done.' }, ...problem }
    return { operationId, summary, tags: ['public'], security: [], parameters, responses }
  }
  const { access, result, emits, status = result === undefined && emits === undefined ? 204 : 200 } = route as ApiRoute
  const answer =
    result !== undefined
      ? { content: json(jsonSchema(result, 'output')) }
      : emits !== undefined
        ? { content: { [emits]: { schema: { type: 'string' } } } }
        : {}
  return {
    operationId,
    summary,
    description: `Takes the role ${access.role} and the scope ${access.scope}.`,
    tags: [access.scope.split(':')[0] ?? ''],
    security: [{ key: [] }],
    parameters: [...parameters, ...queryOf(route as ApiRoute), ...headersOf(route as ApiRoute)],
    ...bodyOf(route as ApiRoute),
    responses: { [status]: { description: 'Done.', ...answer }, ...problem },
  }
}

function queryOf({ query }: ApiRoute): readonly JsonObject[] {
  if (query === undefined) return []
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' })
  return Object.entries(properties).map(([name, schema]) =>
    parameter('query', name, schema as JsonObject, required.includes(name)),
  )
}

function headersOf({ revision }: ApiRoute): readonly JsonObject[] {
  return revision === undefined ? [] : [parameter('header', 'If-Match', { type: 'string' }, revision === 'required')]
}

function bodyOf({ body, streams }: ApiRoute): JsonObject {
  if (body !== undefined) return { requestBody: { required: true, content: json(jsonSchema(body, 'input')) } }
  if (streams === undefined) return {}
  const text = { schema: { type: 'string' } }
  return { requestBody: { required: true, content: Object.fromEntries(streams.map((type) => [type, text])) } }
}

function json(schema: JsonObject): JsonObject {
  return { 'application/json': { schema } }
}

function parameter(place: string, name: string, schema: JsonObject, required: boolean): JsonObject {
  const { description, ...rest } = schema
  return { in: place, name, required, ...(description === undefined ? {} : { description }), schema: rest }
}

/** A schema with references for what has a name; `self` is the name of the schema itself, which is written out. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', self?: string): JsonObject {
  const names = new Map<unknown, string>(Object.entries(components).map(([name, named]) => [named, name]))
  const { $schema: _, ...described } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      const name = names.get(zodSchema)
      if (name === undefined || name === self) return
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key as keyof typeof jsonSchema]
      jsonSchema.$ref = `#/components/schemas/${name}`
    },
  })
  return described as JsonObject
}
