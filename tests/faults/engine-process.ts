import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { type Channel, createDrumbeat, type Drumbeat, type Store } from '@drumbeat/core'
import { pgliteStore, postgresStore } from '@drumbeat/store-postgres'
import pg from 'pg'

/** Where a run's data is: a PGlite directory, or a schema on a PostgreSQL server. */
export interface Place {
  readonly kind: 'pglite' | 'postgres'
  readonly dataDir: string
  readonly url: string
  readonly schema: string
  /** The file to which the provider writes each call that it accepts. */
  readonly log: string
}

/** The workspace of the tests. */
export const workspaceId = 'faults'

/** A provider that accepts every message, writes it down before it answers, and can be asked for it. */
function provider(log: string): Channel {
  return {
    name: 'email',
    account: 'provider',
    addressKind: 'email',
    capabilities: { idempotencyKeyTtlMs: null, echoesReference: true, lookup: 'byReference' },
    async send(_message, { deliveryRef, assertMayStart }) {
      assertMayStart()
      appendFileSync(log, `${deliveryRef} ${Date.now()}\n`)
      await new Promise((resolve) => setTimeout(resolve, 20))
      return { outcome: 'accepted', providerId: deliveryRef }
    },
    async lookup({ deliveryRef }) {
      const known = existsSync(log) && readFileSync(log, 'utf8').includes(`${deliveryRef} `)
      return known ? { found: 'yes', providerId: deliveryRef, at: null } : { found: 'absent' }
    },
  }
}

/** An engine with short leases, on the machine's own clock. */
export function engineAt(place: Place): { readonly drumbeat: Drumbeat; readonly store: Store; close(): Promise<void> } {
  const pool = place.kind === 'postgres' ? new pg.Pool({ connectionString: place.url, max: 6 }) : null
  const store = pool === null ? pgliteStore({ dataDir: place.dataDir }) : postgresStore({ pool, schema: place.schema })
  const drumbeat = createDrumbeat({
    store,
    channels: [provider(place.log)],
    unsubscribeUrl: () => 'https://acme.test/bye',
    settings: {
      batchSize: 20,
      maxInFlight: 5,
      leaseMs: 1500,
      skewMs: 100,
      permitMs: 1000,
      pollMs: 20,
      advanceAfterMs: 60_000,
      reconcile: { graceMs: 200, everyMs: 200, windowMs: 60_000 },
    },
  })
  return {
    drumbeat,
    store,
    async close() {
      await drumbeat.close()
      await pool?.end()
    },
  }
}

/** The child: works until nobody is left in the campaign, then says so. */
async function work(place: Place): Promise<void> {
  const { drumbeat, close } = engineAt(place)
  drumbeat.events.on('engine.failed', ({ during, error }) => console.error(during, error))
  await drumbeat.start()
  console.log('ready')
  const workspace = drumbeat.workspace(workspaceId)
  for (;;) {
    const [campaign] = await workspace.campaigns.list()
    if (campaign?.status === 'completed') break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  console.log('done')
  await close()
}

const given = process.argv[2]
if (given?.startsWith('{') === true) await work(JSON.parse(given) as Place)
