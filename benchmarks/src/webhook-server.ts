// One process that takes webhooks in over HTTP: Drumbeat's handler, or the least that anybody would write. Tells its port, and on "cpu"
// the processor time that it has used.
import { timingSafeEqual } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bodyJson, type Channel } from '@drumbeat/core'
import { createHttp, nodeListener } from '@drumbeat/http'
import { postgresStore } from '@drumbeat/store-postgres'
import pg from 'pg'
import { engineOn, noChannel, workspaceId } from './contestants/drumbeat-engine.js'
import { account, signatureHeader, signWebhook } from './webhook.js'

const [kind = '', databaseUrl = ''] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString: databaseUrl, max: 10, pipeline: true })

const isSigned = (body: Uint8Array, signature: string): boolean => {
  const [right, given] = [Buffer.from(signWebhook(body)), Buffer.from(signature)]
  return right.length === given.length && timingSafeEqual(right, given)
}

async function drumbeat(): Promise<RequestListener> {
  const channel: Channel = {
    ...noChannel,
    verify: async ({ headers, body }) => isSigned(body, headers[signatureHeader] ?? ''),
    async parse(report) {
      const { id, ref, at } = bodyJson(report) as { readonly id: string; readonly ref: string; readonly at: number }
      return [{ kind: 'facts', dedupeKey: id, delivery: { deliveryRef: ref }, facts: [{ kind: 'delivered', at }] }]
    },
  }
  const engine = engineOn(postgresStore({ pool }), {}, channel)
  await engine.tick()
  const handle = createHttp({
    drumbeat: engine,
    publicUrl: 'http://localhost',
    authorize: () => null,
    webhooks: { [account]: { workspaceId, channel } },
    onError: console.error,
  })
  return nodeListener(handle)
}

/** Reads, verifies, and inserts a row per request. */
function bare(): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const body = Buffer.concat(chunks)
      const isGood = isSigned(body, String(request.headers[signatureHeader] ?? ''))
      const { id, ref, at } = JSON.parse(body.toString())
      const insert = 'insert into received (id, ref, at) values ($1, $2, $3) on conflict do nothing'
      if (isGood) await pool.query({ name: 'insert', text: insert, values: [id, ref, at] })
      response.writeHead(isGood ? 200 : 403, { 'content-type': 'text/xml' }).end('<Response/>')
    })
  }
}

const server = createServer(kind === 'drumbeat' ? await drumbeat() : bare())
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('message', (message) => {
  if (message === 'cpu') process.send?.({ cpu: process.cpuUsage() })
  if (message === 'stop') process.exit(0)
})
