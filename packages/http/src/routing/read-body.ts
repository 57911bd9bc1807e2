import { guardJson, isDrumbeatError, type JsonValue, type SequenceInvalidError } from '@drumbeat/core'
import { HttpProblem } from './problem.js'

const levels = 40
const values = 200_000

/**
 * The bytes of a request's body, at most `maxBytes` of them. Reading stops as soon as there are more.
 * @throws {HttpProblem} 413 when it is larger, 415 when it is compressed, 400 when the sender breaks off.
 */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  refuseEncodings(request)
  if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge(maxBytes)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bytesOf(request)) {
    size += chunk.byteLength
    if (size > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk)
  }
  const [only] = chunks
  if (only !== undefined && chunks.length === 1) return only
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}

/**
 * The JSON of a request's body: UTF-8, bounded in bytes, depth and number of values, without keys such as `__proto__`. No body at all is
 * an empty object.
 * @throws {HttpProblem} 400, 413 or 415, saying what is wrong.
 */
export async function readJson(request: Request, maxBytes: number): Promise<JsonValue> {
  const type = mediaTypeOf(request)
  if (type === '' && (request.body === null || request.headers.get('content-length') === '0')) return {}
  if (type !== 'application/json' && !/^application\/[\w.-]+\+json$/.test(type)) {
    throw new HttpProblem(415, 'unsupported_media_type', `The body is ${shown(type)}; send application/json.`)
  }
  return parseJson(textOf(await readBytes(request, maxBytes)), maxBytes)
}

/**
 * JSON of unknown origin, checked before anything recurses into it.
 * @throws {HttpProblem} 400 when it is no JSON, or has depth, keys or text that are refused.
 */
export function parseJson(text: string, maxBytes: number): JsonValue {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new HttpProblem(400, 'invalid_json', 'The body is not JSON.')
  }
  try {
    return guardJson(parsed, { maxBytes, maxDepth: levels, maxNodes: values })
  } catch (error) {
    if (!(isDrumbeatError(error) && error.code === 'sequence_invalid')) throw error
    const { message, issues } = error as SequenceInvalidError
    throw new HttpProblem(400, 'invalid_json', message, { issues })
  }
}

/** @throws {HttpProblem} 400 when the bytes are not UTF-8. */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new HttpProblem(400, 'invalid_encoding', 'The body is not UTF-8.')
  }
}

/** The media type of a request's body in lower case, without parameters; `''` = none is said. */
export function mediaTypeOf(request: Request): string {
  return (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

/** @throws {HttpProblem} 415 when the body is compressed or not UTF-8. */
export function refuseEncodings(request: { readonly headers: Pick<Headers, 'get'> }): void {
  const encoding = request.headers.get('content-encoding')?.trim().toLowerCase() ?? ''
  if (encoding !== '' && encoding !== 'identity') {
    throw new HttpProblem(415, 'unsupported_encoding', `The body is encoded as ${shown(encoding)}; send it as it is.`)
  }
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(request.headers.get('content-type') ?? '')?.[1]
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset)) {
    throw new HttpProblem(415, 'unsupported_encoding', `The body's charset is ${shown(charset)}; send UTF-8.`)
  }
}

/** The chunks of a request's body as they come. */
export async function* bytesOf(request: Request): AsyncGenerator<Uint8Array> {
  const reader = request.body?.getReader()
  if (reader === undefined) return
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } catch (error) {
    if (error instanceof HttpProblem || isDrumbeatError(error)) throw error
    throw new HttpProblem(400, 'body_broken_off', 'The body could not be read to its end.')
  } finally {
    await reader.cancel().catch(() => {})
  }
}

/** What is wrong with a body that is too large. */
export function tooLarge(maxBytes: number): HttpProblem {
  return new HttpProblem(413, 'too_large', `The body has more than ${maxBytes} bytes. Send less at once, or split it.`)
}

function shown(text: string): string {
  return text === '' ? 'of no type' : JSON.stringify(text.slice(0, 80))
}
