import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { type Channel, createDrumbeat, type Drumbeat, type Store } from '@drumbeat/core'
import { pgliteStore, postgresStore } from '@drumbeat/store-postgres'
import pg from 'pg'

/** Where a run's data is: a PGlite directory, or a schema on a PostgreSQL server. */
export interface Place {
  readonly kind: 'pglite' | 'postgres'
  /** A temporary directory of the run's own; the logs lie in it. */
  readonly folder: string
  readonly dataDir: string
  readonly url: string
  readonly schema: string
  /** The file to which the provider writes each call that it accepts. */
  readonly accepted: string
  /** The file to which engines write each outcome that they call unknown. */
  readonly ambiguous: string
  /** The provider cannot tell of one reference in so many what became of it; 0 = it can tell of all. */
  readonly untoldOneIn: number
}

/** The workspace of the tests. */
export const workspaceId = 'faults'
/** Keys references, so that tests can name a delivery from a call. */
export const secret = 'a secret of the fault tests'
/** How long a call may start after its intent was written. */
export const permitMs = 1_000
/** How long the intent transaction may take. */
export const intentTimeoutMs = 2_000

/** A provider that accepts every message, writes it down before it answers, and can be asked for it. */
function provider({ accepted, untoldOneIn }: Place): Channel {
  return {
    name: 'email',
    account: 'provider',
    addressKind: 'email',
    capabilities: { idempotencyKeyTtlMs: null, echoesReference: true, lookup: 'byReference' },
    async send(_message, { deliveryRef, idempotencyKey, assertMayStart }) {
      assertMayStart()
      appendFileSync(accepted, `${deliveryRef} ${idempotencyKey} ${Date.now()}\n`)
      await new Promise((resolve) => setTimeout(resolve, 25))
      return { outcome: 'accepted', providerId: deliveryRef }
    },
    async lookup({ deliveryRef }) {
      if (untoldOneIn > 0 && Number.parseInt(deliveryRef.slice(-3), 36) % untoldOneIn === 0)
        return { found: 'cannot_tell' }
      const isKnown = existsSync(accepted) && readFileSync(accepted, 'utf8').includes(`${deliveryRef} `)
      return isKnown ? { found: 'yes', providerId: deliveryRef, at: null } : { found: 'absent' }
    },
  }
}

/** An engine with short leases, on the machine's own clock. */
export function engineAt(place: Place): {
  readonly drumbeat: Drumbeat
  readonly store: Store
  readonly close: () => Promise<void>
} {
  const pool = place.kind === 'postgres' ? new pg.Pool({ connectionString: place.url, max: 6 }) : null
  const store = pool === null ? pgliteStore({ dataDir: place.dataDir }) : postgresStore({ pool, schema: place.schema })
  const drumbeat = createDrumbeat({
    store,
    channels: [provider(place)],
    secret,
    unsubscribeUrl: ({ deliveryRef }) => `https://acme.test/bye/${deliveryRef}`,
    settings: {
      batchSize: 20,
      maxInFlight: 4,
      leaseMs: 1_500,
      skewMs: 200,
      permitMs,
      intentTimeoutMs,
      pollMs: 20,
      advanceAfterMs: 1_500,
      reconcile: { graceMs: 200, everyMs: 200, windowMs: 3_000 },
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

/** The child: works until nobody is left in the campaign and no outcome is being found out, then says so. */
async function work(place: Place): Promise<void> {
  const { drumbeat, store, close } = engineAt(place)
  drumbeat.events.on('engine.failed', ({ during, error }) => console.error(during, error))
  drumbeat.events.on('delivery.settled', ({ id, state }) => {
    if (state === 'unknown') appendFileSync(place.ambiguous, `${id}\n`)
  })
  await drumbeat.start()
  console.log('ready')
  const workspace = drumbeat.workspace(workspaceId)
  for (;;) {
    const [campaign] = await workspace.campaigns.list()
    if (campaign?.status === 'completed' && (await store.deliveries.nextLookAt()) === null) break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await close()
  console.log('done')
}

const given = process.argv[2]
if (given?.startsWith('{') === true) await work(JSON.parse(given) as Place)
