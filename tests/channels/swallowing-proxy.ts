import { createServer, type IncomingMessage, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How an answer is lost on its way back: the connection breaks off, or nothing ever comes; `none` = it comes back. */
export type Loss = 'reset' | 'silence' | 'none'

/** Stands between a client and a server, and loses answers. */
export interface SwallowingProxy {
  /** Without a slash at its end. */
  readonly url: string
  /** Answers of the server that never came back, by their status. */
  readonly swallowed: readonly number[]
  close(): Promise<void>
}

/**
 * Hands every request on to a server, whole, and waits until it is answered in full. The answers to POST are lost; those to other requests
 * come back. Where the server breaks off, so does the proxy. `beforeLoss` is awaited in between: the server has accepted, and the client does not know yet.
 */
export async function swallowingProxy(
  server: string,
  loss: Loss,
  beforeLoss: (request: { readonly body: string }) => Promise<void> = async () => {},
): Promise<SwallowingProxy> {
  const swallowed: number[] = []
  const proxy = createServer(async (incoming, outgoing) => {
    const body = await whole(incoming)
    const answer = await forwarded(server, incoming, body).catch(() => null)
    if (answer === null) {
      incoming.socket.resetAndDestroy()
      return
    }
    const { status, headers, reply } = answer
    if (incoming.method !== 'POST' || loss === 'none') {
      outgoing.writeHead(status, headers).end(reply)
      return
    }
    await beforeLoss({ body: body.toString('utf8') })
    swallowed.push(status)
    if (loss === 'reset') incoming.socket.resetAndDestroy()
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    swallowed,
    close: () =>
      new Promise((resolve) => {
        proxy.close(() => resolve())
        proxy.closeAllConnections()
      }),
  }
}

async function whole(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function forwarded(server: string, { method, url, headers }: IncomingMessage, body: Buffer) {
  return new Promise<{ status: number; headers: IncomingMessage['headers']; reply: Buffer }>((resolve, reject) => {
    const request = send(`${server}${url}`, { method: method ?? 'GET', headers }, async (answer) => {
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, reply: await whole(answer) })
    })
    request.once('error', reject)
    request.end(body)
  })
}
