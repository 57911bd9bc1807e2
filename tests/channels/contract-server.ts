import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { ProviderAnswer, ProviderStandIn } from '@drumbeat/core/testing'

/** A request as it reached the server, byte for byte. */
export interface ContractRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string
}

/** What a provider answers; `reset` breaks the connection off, `silence` never answers. */
export type ContractAnswer =
  | {
      readonly status: number
      readonly headers?: { readonly [name: string]: string }
      /** An object is sent as JSON. */
      readonly body?: string | object
    }
  | 'reset'
  | 'silence'

/** A provider's HTTP interface on the loopback. */
export interface ContractServer {
  /** Without a slash at its end. */
  readonly url: string
  readonly received: readonly ContractRequest[]
  close(): Promise<void>
}

/** Starts a server that answers as its function says, on a free port of the loopback. */
export async function contractServer(respond: (request: ContractRequest) => ContractAnswer): Promise<ContractServer> {
  const received: ContractRequest[] = []
  const sockets = new Set<Socket>()
  const server = createServer(async (incoming, outgoing) => {
    const request = await read(incoming)
    received.push(request)
    const answer = respond(request)
    if (answer === 'silence') return
    if (answer === 'reset') {
      incoming.socket.resetAndDestroy()
      return
    }
    const { status, headers = {}, body = '' } = answer
    const isJson = typeof body === 'object'
    outgoing.writeHead(status, { ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers })
    outgoing.end(isJson ? JSON.stringify(body) : body)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** What a provider answers in the cases of the conformance suite. It may look at the request, and refuse one that breaks its contract. */
export type ContractAnswers = { readonly [How in Exclude<ProviderAnswer, 'reset' | 'silence'>]: ContractAnswer } & {
  /** What is answered in place of `accept`. */
  readonly accepted?: (request: ContractRequest) => ContractAnswer
}

/** A stand-in for a provider with an HTTP interface. */
export async function httpStandIn(
  answers: ContractAnswers,
): Promise<ProviderStandIn & Pick<ContractServer, 'url' | 'received' | 'close'>> {
  let how: ProviderAnswer = 'accept'
  const server = await contractServer((request) => {
    if (how === 'reset' || how === 'silence') return how
    if (how === 'accept') return answers.accepted?.(request) ?? answers.accept
    return answers[how]
  })
  return {
    url: server.url,
    received: server.received,
    get requests() {
      return server.received.map(({ path, headers, body }) => readable(`${path}\n${JSON.stringify(headers)}\n${body}`))
    },
    answer(next) {
      how = next
    },
    refuseConnections: () => server.close(),
    close: () => server.close(),
  }
}

async function read(incoming: IncomingMessage): Promise<ContractRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks).toString('utf8'),
  }
}

function readable(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '))
  } catch {
    return text
  }
}
