import { appendFileSync } from 'node:fs'
import { type Channel, createDrumbeat, type Drumbeat } from '@drumbeat/core'
import { postgresStore } from '@drumbeat/store-postgres'
import pg from 'pg'

/** Where engines work together, and to which file each writes the calls that it makes. */
export interface CountingPlace {
  readonly url: string
  readonly schema: string
  readonly calls: string
}

/** The workspace of these tests. */
export const workspaceId = 'counting'

/** An engine as it is by default, but for a short poll; its provider accepts everything, and writes each call down before it answers. */
export function countingEngine({ url, schema, calls }: CountingPlace): {
  readonly drumbeat: Drumbeat
  readonly close: () => Promise<void>
} {
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  const provider: Channel = {
    name: 'email',
    account: 'provider',
    addressKind: 'email',
    capabilities: { idempotencyKeyTtlMs: null, echoesReference: false, lookup: 'none' },
    async send({ to }, { idempotencyKey, assertMayStart }) {
      assertMayStart()
      appendFileSync(calls, `${to} ${idempotencyKey}\n`)
      return { outcome: 'accepted', providerId: null }
    },
  }
  const drumbeat = createDrumbeat({
    store: postgresStore({ pool, schema }),
    channels: [provider],
    unsubscribeUrl: () => 'https://acme.test/bye',
    settings: { pollMs: 50 },
  })
  return {
    drumbeat,
    async close() {
      await drumbeat.close()
      await pool.end()
    },
  }
}

/** The child: works until the campaign is over. */
async function work(place: CountingPlace): Promise<void> {
  const { drumbeat, close } = countingEngine(place)
  drumbeat.events.on('engine.failed', ({ during, error }) => console.error(during, error))
  await drumbeat.start()
  console.log('ready')
  for (;;) {
    const [campaign] = await drumbeat.workspace(workspaceId).campaigns.list()
    if (campaign?.status === 'completed') break
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  await close()
  console.log('done')
}

const given = process.argv[2]
if (given?.startsWith('{') === true) await work(JSON.parse(given) as CountingPlace)
