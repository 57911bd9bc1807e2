import { once } from 'node:events'
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net'
import { Redis } from 'ioredis'

/** The server that `npm test` provides. */
export function redisUrl(): string {
  const url = process.env.DRUMBEAT_TEST_REDIS_URL
  if (url === undefined || url === '')
    throw new Error('These tests need a Redis server. Run them with `npm test`, which provides one.')
  return url
}

let prefixes = 0

/** A name for keys that no other test uses. */
export function newPrefix(): string {
  prefixes++
  return `t_${process.pid}_${Date.now().toString(36)}_${prefixes}`
}

/** A connection as a host makes it. It says nothing while its server is away, which tests do on purpose. */
export function connect(url = redisUrl()): Redis {
  return new Redis(url).on('error', () => {})
}

/** The keys that begin with the prefix's hash tags. */
export async function keysOf(connection: Redis, prefix: string): Promise<readonly string[]> {
  return connection.keys(`{${prefix}:*`)
}

/** Passes bytes on to a port of this machine. Frozen, its open connections stay open and say nothing; new ones work. */
export async function startProxy(port: number) {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = dial(port, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
    }
    client.pipe(upstream).pipe(client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    freeze() {
      for (const socket of sockets) socket.unpipe().pause()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
