import { TemplateError } from '../errors.js'
import type { JsonValue } from '../json.js'
import type { FieldSyntax } from './fields.js'
import type { RenderResult } from './render.js'
import { compileNodes, type Emit } from './rendering/compile.js'
import type { RenderContext } from './rendering/context.js'
import { type Expanded, expand } from './rendering/expand.js'
import { templateErrorAt } from './rendering/parse.js'
import { Run } from './rendering/run.js'
import { type TokenUse, usesIn } from './tokens.js'

/** What a webhook step calls. Its URL and the texts in its body may hold tokens. */
export interface WebhookRequest {
  readonly url: string
  readonly body?: JsonValue
}

/** A request that is filled in, or all that stands in its way. */
export type FilledRequest =
  | ({ readonly ok: true } & WebhookRequest)
  | Pick<Extract<RenderResult, { ok: false }>, 'ok' | 'missing' | 'unsafe'>

/** Fills a request in. */
export type CompiledRequest = (context: RenderContext) => FilledRequest

/**
 * Parses a request once. Tokens stand for what they stand for in templates. In the body they are filled into texts, never into the JSON around
 * them: no value can add a field. In the URL every value is one percent-encoded piece of the path or the query: none can lead to
 * another host or out of its segment.
 * @throws {TemplateError} when a text is not well-formed, or a token of the URL stands before the path or in a section.
 */
export function compileRequest({ url, body }: WebhookRequest): CompiledRequest {
  const fillUrl = compileUrl(url)
  const fillBody = body === undefined ? null : compileValue(body)
  return (context) => {
    const run = new Run(context, 'body')
    const filled = { url: fillUrl(run), ...(fillBody === null ? {} : { body: fillBody(run) }) }
    const { missing, unsafe } = run
    return missing.length > 0 || unsafe.length > 0 ? { ok: false, missing, unsafe } : { ok: true, ...filled }
  }
}

/**
 * Every use of a token in a request, those of the URL first.
 * @throws {TemplateError} when a text is not well-formed.
 */
export function tokensOfRequest({ url, body }: WebhookRequest): readonly TokenUse[] {
  return [url, ...textsIn(body ?? null)].flatMap((text) => usesIn(nodesOf(text, 'its text'), 'body'))
}

function compileUrl(url: string): (run: Run) => string {
  if (!url.includes('{{')) return () => url
  const nodes = nodesOf(url, 'its url')
  for (const [index, node] of nodes.entries()) {
    if (node.kind === 'section') throw templateErrorAt(node.at, 'a URL can hold no sections')
    const isBehindOrigin = index > 0 && nodes[0]?.kind === 'text' && /^https?:\/\/[^/?#]+[/?#]/i.test(nodes[0].text)
    if (node.kind === 'value' && !isBehindOrigin)
      throw templateErrorAt(node.at, 'a token of a URL stands in its path or its query, behind the host and a slash')
  }
  const emit = emitOf(nodes, 'urlPart')
  return (run) => {
    const filled = emit(run, '')
    // What stands for "this folder" or "the one above" would be taken out by whoever reads the URL.
    if (segmentsOf(filled).some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))) run.refuse('url', 'not_a_web_url')
    return filled
  }
}

function segmentsOf(url: string): readonly string[] {
  return (/^[^?#]*/.exec(url)?.[0] ?? '').split('/')
}

function compileValue(value: JsonValue): (run: Run) => JsonValue {
  if (typeof value === 'string') {
    if (!value.includes('{{')) return () => value
    const emit = emitOf(nodesOf(value, 'its body'), 'data')
    return (run) => emit(run, '')
  }
  if (Array.isArray(value)) {
    const items = value.map((item: JsonValue) => compileValue(item))
    return (run) => items.map((fill) => fill(run))
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([name, item = null]) => [name, compileValue(item)] as const)
    return (run) => Object.fromEntries(entries.map(([name, fill]) => [name, fill(run)]))
  }
  return () => value
}

function textsIn(value: JsonValue): readonly string[] {
  if (typeof value === 'string') return value.includes('{{') ? [value] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap((item = null) => textsIn(item)) : []
}

function nodesOf(text: string, label: string): readonly Expanded[] {
  return expand({ label, text, html: false }, () => {
    throw new TemplateError(`${label}: there are no partials outside of templates.`)
  })
}

function emitOf(nodes: readonly Expanded[], syntax: FieldSyntax): Emit {
  return compileNodes(nodes, { syntax, fallbacks: {}, trusted: [], bodyStart: null })
}
