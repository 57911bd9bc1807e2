import { fork } from 'node:child_process'
import { once } from 'node:events'
import { deliveryRef } from '@drumbeat/core'
import { postgresStore } from '@drumbeat/store-postgres'
import pg from 'pg'
import type { Place } from '../contestant.js'
import { engineOn } from '../contestants/drumbeat-engine.js'
import type { Bench, Figure } from '../figure.js'
import { programOf } from '../program.js'
import { account, signatureHeader, signWebhook } from '../webhook.js'
import { load } from '../webhook-load.js'

type Kind = 'drumbeat' | 'bare'

/** Single events, each a request of its own, over 64 connections: verified, de-duplicated and durable before they are answered. */
export const webhooks: Figure = {
  name: 'Webhooks over HTTP',
  unit: 'per second',
  higherIsBetter: true,
  measured: {
    Drumbeat: async (bench) => (await measure(bench, 'drumbeat')).perSecond,
    'a row per request': async (bench) => (await measure(bench, 'bare')).perSecond,
  },
  ratios: [{ name: 'to a row per request', of: ['Drumbeat'], to: ['a row per request'], goal: 0.8 }],
}

/** What a request costs the process that serves it. */
export const webhookCost: Figure = {
  name: 'Webhooks over HTTP, processor time',
  unit: 'µs per request',
  higherIsBetter: false,
  measured: {
    Drumbeat: async (bench) => (await measure(bench, 'drumbeat')).cpuUs,
    'a row per request': async (bench) => (await measure(bench, 'bare')).cpuUs,
  },
  ratios: [],
}

/** How long the slowest hundredth waits, with 2,000 coming in each second. */
export const webhookPatience: Figure = {
  name: 'Webhooks over HTTP, p99 at 2,000 per second',
  unit: 'ms',
  higherIsBetter: false,
  measured: { Drumbeat: async (bench) => (await measure(bench, 'drumbeat', 2_000)).p99Ms },
  ratios: [],
}

async function measure({ servers, sizes }: Bench, kind: Kind, perSecond?: number) {
  return servers.inPlace((place) => serve(place, kind, sizes.webhooks, perSecond))
}

async function serve({ databaseUrl }: Place, kind: Kind, count: number, perSecond?: number) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 })
  if (kind === 'bare')
    await pool.query('create table received (id text primary key, ref text not null, at bigint not null)')
  const refs = kind === 'bare' ? Array.from({ length: count }, (_, n) => `ref-${n}`) : await knownRefs(pool, count)
  const server = fork(programOf('webhook-server'), [kind, databaseUrl])
  try {
    const [{ port }] = (await once(server, 'message')) as [{ port: number }]
    const requests = refs.map(requestOf)
    await load(port, requests.slice(0, 500))
    const before = await cpuOf(server)
    const result = await load(port, requests.slice(500), perSecond)
    const cpuUs = ((await cpuOf(server)) - before) / (count - 500)
    const where = kind === 'bare' ? 'received' : 'drumbeat.parked_reports'
    const { rows } = await pool.query(`select count(*)::int as n from ${where}`)
    if (rows[0].n !== count) throw new Error(`${rows[0].n} of ${count} webhooks are kept.`)
    return { ...result, cpuUs }
  } finally {
    server.send('stop')
    await once(server, 'exit')
    await pool.end()
  }
}

/** References of deliveries that are not written yet, so that their reports are parked and can be counted. */
async function knownRefs(pool: pg.Pool, count: number): Promise<readonly string[]> {
  const store = postgresStore({ pool })
  const drumbeat = engineOn(store)
  await drumbeat.tick()
  const ids = await store.deliveries.reserveIds(count)
  await drumbeat.close()
  return ids.map((id) => deliveryRef('a secret of the benchmarks', id))
}

function requestOf(ref: string, index: number): Buffer {
  const body = JSON.stringify({
    id: `evt-${index}`,
    ref,
    at: 1_790_000_000_000 + index,
    event: 'delivered',
    ip: '192.0.2.1',
  })
  const head = [
    `POST /webhooks/${account} HTTP/1.1`,
    'host: localhost',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    `${signatureHeader}: ${signWebhook(body)}`,
    'user-agent: Provider/1.0',
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}

async function cpuOf(server: ReturnType<typeof fork>): Promise<number> {
  server.send('cpu')
  const [{ cpu }] = (await once(server, 'message')) as [{ cpu: NodeJS.CpuUsage }]
  return cpu.user + cpu.system
}
