import { createDrumbeat } from '@drumbeat/core'
import { apiKeys, createApiKey, createHttp, nodeListener, publicLinks } from '@drumbeat/http'
import { pgliteStore, postgresStore } from '@drumbeat/store-postgres'
import express from 'express'
import pg from 'pg'
import { setUpCampaign } from './campaign.js'
import { channelsOf } from './channels.js'
import { catchMails } from './mail-catcher.js'

const { env } = process
const port = Number(env.PORT ?? 3000)
const smtpPort = Number(env.SMTP_PORT ?? 2525)
const publicUrl = env.PUBLIC_URL ?? `http://localhost:${port}/drumbeat`
const secret = env.LINK_SECRET ?? 'only for trying things out'

const catcher = env.SMTP_URL === undefined ? await catchMails(smtpPort) : null
const { channels, webhooks } = channelsOf(publicUrl, env.SMTP_URL ?? `smtp://127.0.0.1:${smtpPort}`, env)
const pool = env.DATABASE_URL === undefined ? null : new pg.Pool({ connectionString: env.DATABASE_URL })
const links = publicLinks({ publicUrl, secret })
const drumbeat = createDrumbeat({
  store: pool === null ? pgliteStore({ dataDir: env.DATA_DIR ?? '.drumbeat-backend' }) : postgresStore({ pool }),
  channels,
  unsubscribeUrl: links.unsubscribeUrl,
  tracking: links,
})
await drumbeat.start()
const acme = drumbeat.workspace('acme')
await setUpCampaign(acme, env.PAUSE ?? 'PT1M')

// A key for this run. A real host makes keys once, and keeps their hashes in a table.
const { key, hash } = createApiKey()
const find = (asked: string) => (asked === hash ? { id: 'demo', workspaceId: 'acme', role: 'admin' as const } : null)
const onError = console.error
const app = express()
// Before any body parser: signatures cover the bytes as they came.
app.use(
  '/drumbeat',
  nodeListener(createHttp({ drumbeat, publicUrl, secret, webhooks, authorize: apiKeys({ find }), onError })),
)
app.use(express.json())
// What the host's own code does when somebody signs up.
app.post('/signups', async ({ body: { id, name, email } }, response) => {
  const { problems } = await acme.contacts.import([{ id, attributes: { name }, addresses: { email } }])
  if (problems.length === 0) await acme.track({ contactId: id, event: 'signed.up' })
  response.status(problems.length === 0 ? 202 : 422).json({ problems })
})

const server = app.listen(port, '127.0.0.1', () => {
  console.log(`Listening on http://localhost:${port}, with mails ${catcher === null ? 'sent' : `caught on port ${smtpPort}`}.
Sign somebody up:
  curl -X POST http://localhost:${port}/signups -H 'content-type: application/json' -d '{"id":"ana","name":"Ana","email":"ana@example.com"}'
Or through the API:
  curl -X POST ${publicUrl}/v1/events -H 'authorization: Bearer ${key}' -H 'content-type: application/json' -d '{"contactId":"ana","event":"signed.up"}'`)
})

const stop = async (): Promise<void> => {
  server.close()
  await drumbeat.close()
  catcher?.close()
  await pool?.end()
  process.exit(0)
}
process.once('SIGINT', stop).once('SIGTERM', stop)
