import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import { ConfigurationError } from '@drumbeat/core'
import type { HttpHandler } from '../create-http.js'
import { mayBeQuick, type PlainRequest, takeWebhookQuickly } from './quick-webhooks.js'

/** What Express adds to a request of Node's. */
interface Framed {
  /** The path before a router took its mount path off. */
  readonly originalUrl?: string
  /** What a body parser made of the body. */
  readonly body?: unknown
}

/**
 * The handler as a listener for Node's `http`, and for whatever hands over its requests: Express (`app.use('/drumbeat', nodeListener(handle))`),
 * Fastify (`reply.hijack()`). The body's bytes arrive as they were sent, so mount it before body parsers; of those, only one that keeps
 * a Buffer (`express.raw()`) does no harm.
 */
export function nodeListener(
  handle: HttpHandler,
): (request: IncomingMessage & Framed, response: ServerResponse) => Promise<void> {
  return async (incoming, outgoing) => {
    let response: Response
    try {
      const smallBody = isSmallWebhook(handle, incoming) ? await wholeBody(incoming) : null
      const quick = smallBody === null ? null : await takeWebhookQuickly(handle, plainRequest(incoming, smallBody))
      if (quick !== null) {
        outgoing.writeHead(200, quick.headers).end(quick.body)
        return
      }
      response = await handle(requestOf(incoming, outgoing, smallBody))
    } catch (error) {
      const detail = error instanceof ConfigurationError ? error.message : 'The request cannot be read.'
      const status = error instanceof ConfigurationError ? 500 : 400
      const body = { type: 'about:blank', title: 'Error', status, detail, code: 'unreadable_request' }
      response = Response.json(body, { status, headers: { 'content-type': 'application/problem+json' } })
    }
    await write(response, outgoing, incoming)
  }
}

function requestOf(
  incoming: IncomingMessage & Framed,
  outgoing: ServerResponse,
  smallBody: Uint8Array<ArrayBuffer> | null,
): Request {
  const { method = 'GET', originalUrl, url = '/' } = incoming
  const broken = new AbortController()
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) broken.abort()
  })
  const body = method === 'GET' || method === 'HEAD' ? null : (smallBody ?? bodyOf(incoming))
  // Only the path is taken from here: the handler knows its public address from the host.
  return new Request(new URL(originalUrl ?? url, 'http://localhost'), {
    method,
    headers: headersOf(incoming),
    signal: broken.signal,
    ...(body === null ? {} : { body, duplex: 'half' }),
  } as RequestInit)
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) found[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return found
}

/** Providers send their events in less than this, mostly. */
const smallBytes = 64 * 1024

/** Whether it is a webhook whose body is here soon, and has not been read by others. Node holds a body to the length that it says. */
function isSmallWebhook(handle: HttpHandler, incoming: IncomingMessage & Framed): boolean {
  const { method = 'GET', originalUrl, url = '/', headers, body, readableDidRead } = incoming
  const length = Number(headers['content-length'] ?? 0)
  return (
    length > 0 &&
    length <= smallBytes &&
    body === undefined &&
    !readableDidRead &&
    mayBeQuick(handle, method, originalUrl ?? url)
  )
}

function plainRequest(incoming: IncomingMessage & Framed, body: Uint8Array): PlainRequest {
  const { method = 'GET', originalUrl, url = '/' } = incoming
  return { method, target: originalUrl ?? url, headers: headersOf(incoming), body }
}

function wholeBody(incoming: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer<ArrayBuffer>[] = []
    incoming.on('data', (chunk: Buffer<ArrayBuffer>) => chunks.push(chunk))
    incoming.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    incoming.once('close', () => {
      if (!incoming.complete) reject(new Error('The sender broke off.'))
    })
  })
}

function bodyOf(incoming: IncomingMessage & Framed): BodyInit | null {
  const { body } = incoming
  if (body instanceof Uint8Array) return body as Uint8Array<ArrayBuffer>
  // Some parsers put an empty object on requests that they leave alone; those can still be read.
  if (body !== undefined && incoming.readableEnded) {
    throw new ConfigurationError(
      'A body parser has read the request before Drumbeat, so its bytes are lost and no signature can be verified. ' +
        'Mount Drumbeat before express.json() and the like.',
    )
  }
  return Readable.toWeb(incoming) as NodeReadableStream as unknown as ReadableStream<Uint8Array>
}

async function write(response: Response, outgoing: ServerResponse, incoming: IncomingMessage): Promise<void> {
  outgoing.statusCode = response.status
  for (const [name, value] of response.headers) outgoing.setHeader(name, value)
  // A body that was refused half-way is not read to its end: the connection goes with it.
  if (!incoming.complete) outgoing.setHeader('connection', 'close')
  if (response.body === null) {
    outgoing.end()
    return
  }
  const reader = response.body.getReader()
  outgoing.once('close', () => void reader.cancel().catch(() => {}))
  for (;;) {
    const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }))
    if (done || outgoing.destroyed) break
    if (!outgoing.write(value)) await new Promise((resolve) => outgoing.once('drain', resolve).once('close', resolve))
  }
  outgoing.end()
}
