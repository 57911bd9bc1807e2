import { readFileSync } from 'node:fs'
import { Ajv, type ErrorObject } from 'ajv'
import type { ContractAnswer, ContractRequest } from '../channels/contract-server.js'

/** What a provider's OpenAPI description says of requests and of the answers to them. */
export interface Contract {
  /** What is wrong with a request, each as a sentence that names the place; empty = it is as described. */
  problemsOf(request: ContractRequest): readonly string[]
  /** The same for the answer that a stand-in gives to it. */
  problemsOfAnswer(request: ContractRequest, answer: Exclude<ContractAnswer, string>): readonly string[]
}

interface Schema {
  readonly type?: string
  readonly properties?: { readonly [name: string]: Schema }
  readonly [keyword: string]: unknown
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[]
  readonly requestBody?: { readonly content: { readonly [mediaType: string]: unknown } }
  readonly responses: { readonly [status: string]: { readonly content?: object } }
}

interface Description {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } }
}

/** As far as the descriptions here name them; others are taken as they are. */
const formats = {
  email: /^[^@\s]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i,
  uri: (text: string) => URL.canParse(text),
  // Where Twilio says "phone-number", it also takes short codes, alphanumeric senders and addresses of other channels.
  'phone-number': /^(?:[a-z]+:)?\+[1-9]\d{1,14}$|^\d{3,8}$|^(?=.*[a-z])[a-z0-9 &_+-]{1,11}$/i,
  'date-time-rfc-2822': (text: string) => /^[A-Z][a-z]{2}, .* [+-]\d{4}$/.test(text) && !Number.isNaN(Date.parse(text)),
}

/** Reads one of the descriptions of this folder, such as `twilio-messages`. */
export function contractOf(name: string): Contract {
  const description: Description = closed(
    JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8')),
  ) as never
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false, formats })
  ajv.addSchema(description, name)
  const problemsWith = (value: unknown, place: string, ...pointer: readonly string[]): readonly string[] => {
    const path = pointer.map((part) => encodeURIComponent(part.replace(/~/g, '~0').replace(/\//g, '~1')))
    const validate = ajv.getSchema(`${name}#/${path.join('/')}`)
    if (validate === undefined) return [`${place} is not described`]
    return validate(value) === true ? [] : (validate.errors ?? []).map((error) => sentenceOf(place, error))
  }
  const schemaAt = (...pointer: readonly string[]): Schema => {
    const at = pointer.reduce<unknown>(
      (value, part) => (value as { readonly [name: string]: unknown })[part],
      description,
    )
    return at as Schema
  }

  return {
    problemsOf(request) {
      const found = operationFor(description, request)
      if (found === null) return [`${request.method} ${request.path} is not described`]
      const { operation, pointer, pathValues } = found
      const query = new URLSearchParams(request.path.split('?')[1] ?? '')
      const known = new Set(operation.parameters?.map((parameter) => `${parameter.in} ${parameter.name}`))
      const strangers = [...query.keys()].filter((one) => !known.has(`query ${one}`))
      const parameters = (operation.parameters ?? []).flatMap((parameter, index) => {
        const place = `${parameter.in} ${parameter.name}`
        const at = [...pointer, 'parameters', String(index), 'schema'] as const
        const text =
          { path: pathValues.get(parameter.name), query: query.get(parameter.name) ?? undefined }[
            parameter.in as 'path' | 'query'
          ] ?? request.headers[parameter.name.toLowerCase()]
        if (text === undefined) return parameter.required === true ? [`${place} is missing`] : []
        return problemsWith(asTyped(text, schemaAt(...at)), place, ...at)
      })
      return [
        ...strangers.map((one) => `query ${one} is not described`),
        ...parameters,
        ...bodyProblems(request, found),
      ]
    },
    problemsOfAnswer(request, { status, body = '' }) {
      const found = operationFor(description, request)
      if (found === null) return []
      const response = found.operation.responses[String(status)]
      // Twilio describes its successes alone.
      if (response === undefined) return status < 300 ? [`the status ${status} is not described`] : []
      if (response.content === undefined) return body === '' ? [] : ['the answer has a body']
      const at = [...found.pointer, 'responses', String(status), 'content', 'application/json', 'schema'] as const
      return problemsWith(body, `answer ${status}`, ...at)
    },
  }

  function bodyProblems({ headers, body }: ContractRequest, { operation, pointer }: Found): readonly string[] {
    if (operation.requestBody === undefined) return body === '' ? [] : ['the request has a body']
    const mediaType = headers['content-type']?.split(';')[0] ?? ''
    if (!Object.hasOwn(operation.requestBody.content, mediaType)) return [`a body of ${mediaType} is not described`]
    const at = [...pointer, 'requestBody', 'content', mediaType, 'schema'] as const
    try {
      const value = mediaType === 'application/json' ? JSON.parse(body) : formOf(body, schemaAt(...at))
      return problemsWith(value, 'body', ...at)
    } catch (error) {
      return [`body: ${String(error)}`]
    }
  }
}

interface Found {
  readonly operation: Operation
  readonly pointer: readonly string[]
  readonly pathValues: ReadonlyMap<string, string>
}

function operationFor({ paths }: Description, { method, path }: ContractRequest): Found | null {
  const [called = ''] = path.split('?')
  for (const [template, methods] of Object.entries(paths)) {
    const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
    const literal = template.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    const values = new RegExp(`^${literal.join('([^/]+?)')}$`).exec(called)?.slice(1)
    const operation = methods[method.toLowerCase()]
    if (values === undefined || operation === undefined) continue
    const pathValues = new Map(names.map((name, index) => [name, decodeURIComponent(values[index] ?? '')]))
    return { operation, pointer: ['paths', template, method.toLowerCase()], pathValues }
  }
  return null
}

/** The fields of a form in the types that its schema gives them. */
function formOf(body: string, { properties = {} }: Schema): Readonly<Record<string, unknown>> {
  const form = new URLSearchParams(body)
  const names = [...new Set(form.keys())]
  return Object.fromEntries(
    names.map((name) => {
      const values = form.getAll(name)
      const schema = properties[name] ?? {}
      if (schema.type === 'array') return [name, values]
      return [name, values.length === 1 ? asTyped(values[0] ?? '', schema) : values]
    }),
  )
}

function asTyped(text: string, { type }: Schema): unknown {
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return (type === 'integer' || type === 'number') && /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text
}

/** The description, with every object that lists its properties closed to others. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, closed(member)]))
  const isOpen = members.type === 'object' && 'properties' in members && !('additionalProperties' in members)
  return isOpen ? { ...members, additionalProperties: false } : members
}

function sentenceOf(place: string, { instancePath, message = '', params }: ErrorObject): string {
  const detail = 'additionalProperty' in params ? ` (${params.additionalProperty})` : ''
  return `${place}${instancePath} ${message}${detail}`
}
