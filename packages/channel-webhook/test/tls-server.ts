import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** A certificate for hooks.acme.test that vouches for itself, made for these tests and trusted by nobody else. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBczCCARmgAwIBAgIBATAKBggqhkjOPQQDAjAaMRgwFgYDVQQDDA9ob29rcy5h
Y21lLnRlc3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBoxGDAW
BgNVBAMMD2hvb2tzLmFjbWUudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BJ6SV2LbUHNFmJwPPAc7CSJGAHhNZ9IUK5WTl2/G2ZR7qPfAxxVz5Mec4CfYlEIc
tg8XTfDebgxCK+GGTiRMkzKjTjBMMA8GA1UdEwEB/wQFMAMBAf8wGgYDVR0RBBMw
EYIPaG9va3MuYWNtZS50ZXN0MB0GA1UdDgQWBBSsKKEo0Tu/vw/3KfMJnXuQH5Pd
FDAKBggqhkjOPQQDAgNIADBFAiEAwC0t2dizaEWajsSyiMNlzAGRrcOh3HPPkxQb
JabwH34CIFRSsAuK5ueMuYVzDF4ktgl5MrYpfkHVjfzE2nSFe1C8
-----END CERTIFICATE-----`

const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjFlsky60O2lEBOyR
OQ3Kh3hQbUqKNkf1ve3GViVFBe6hRANCAASekldi21BzRZicDzwHOwkiRgB4TWfS
FCuVk5dvxtmUe6j3wMcVc+THnOAn2JRCHLYPF03w3m4MQivhhk4kTJMy
-----END PRIVATE KEY-----`

/** An https server on the loopback that calls itself hooks.acme.test. */
export async function tlsServer() {
  const received: { readonly host: string; readonly body: string }[] = []
  const server = createServer({ key, cert: certificate }, async (incoming, outgoing) => {
    let body = ''
    for await (const chunk of incoming) body += chunk
    received.push({ host: incoming.headers.host ?? '', body })
    outgoing.end('{"ok":true}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    received,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
