import { mkdirSync, writeFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { createDrumbeat, parseSequence, sandboxChannel, VirtualClock } from '@drumbeat/core'
import { playUntil } from '@drumbeat/simulate'
import { pgliteStore } from '@drumbeat/store-postgres'
import { campaign, sequence, templates } from './campaign.js'
import { readContacts } from './contacts-file.js'
import { sendLive } from './live.js'
import { readOptions, usage } from './options.js'
import { Progress } from './progress.js'
import { report } from './report.js'

/** Everything that is kept: the database, and how far the virtual clock had come. */
const folder = '.drumbeat-quickstart'
const clockFile = `${folder}/clock`
const begins = Date.parse('2026-10-26T07:00:00Z')
const twoWeeksMs = 14 * 24 * 60 * 60 * 1000
const behavior = {
  opens: 0.45,
  clicks: 0.3,
  replies: 0.25,
  stops: 0.06,
  bounces: 0.01,
  withinMinutes: 600,
  roundToMinutes: 120,
}
const here = (file: string): URL => new URL(`../${file}`, import.meta.url)

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2))
  if ('problem' in options || options.help) {
    if ('problem' in options) console.error(`${options.problem}\n`)
    console.log(usage)
    return 'problem' in options ? 1 : 0
  }
  if (options.live !== null) {
    const deliveries = await sendLive(options.live)
    for (const { templateId, state, reason } of deliveries)
      console.log(`${templateId ?? ''}  ${state}${reason === null ? '' : ` (${reason})`}`)
    return deliveries.length > 0 && deliveries.every(({ state }) => state === 'sent') ? 0 : 1
  }
  if (options.fresh) await rm(folder, { recursive: true, force: true })

  mkdirSync(folder, { recursive: true })
  const store = pgliteStore({ dataDir: `${folder}/database`, clock: 'caller' })
  await store.open()
  const from = await clockOf(begins)
  const clock = new VirtualClock(from)
  const channels = [sandboxChannel({ name: 'email', clock }), sandboxChannel({ name: 'sms', clock })]
  const drumbeat = createDrumbeat({
    store,
    channels,
    clock,
    unsubscribeUrl: ({ deliveryRef }) => `https://acme.test/bye/${deliveryRef}`,
  })
  const acme = drumbeat.workspace('acme')

  let [current] = await acme.campaigns.list()
  if (current === undefined) {
    const { contacts, problems } = readContacts(await readFile(here('contacts.csv'), 'utf8'))
    const imported = await acme.contacts.import(contacts)
    console.log(`${imported.created} contacts from contacts.csv.`)
    list('Lines that could not be read', problems)
    list(
      'Parts of contacts that are left out',
      imported.problems.map(({ contactId, problem }) => `${contactId}: ${problem}.`),
    )
    await acme.templates.publishAll(templates)
    const asJson = parseSequence(JSON.parse(await readFile(here('campaign.json'), 'utf8')))
    if (JSON.stringify(asJson) !== JSON.stringify(sequence))
      throw new Error('campaign.json is not what campaign.ts defines.')
    current = await acme.campaigns.create({ ...campaign, sequence: asJson })
    await acme.campaigns.activate(current.id)
  } else if (current.status === 'completed') {
    console.log('Everybody has come to the end. Add `-- --fresh` to start over.')
  } else {
    const day = new Date(from).toISOString().slice(0, 10)
    console.log(`Going on at ${day}, where the last run ended. Add \`-- --fresh\` to start over.`)
  }

  const until = from + (current.status === 'completed' ? 0 : twoWeeksMs)
  const progress = new Progress(from, until, process.stdout)
  const sent = () => channels.reduce((sum, { messages }) => sum + messages.length, 0)
  const onInstant = (now: number): void => {
    // Whoever stops it half-way goes on from here.
    if (progress.show(now, `${sent()} messages`)) writeFileSync(clockFile, String(now))
  }
  if (until > from) await playUntil({ drumbeat, workspace: acme, clock, channels, behavior, seed: 7, onInstant }, until)
  progress.done()
  writeFileSync(clockFile, String(until))

  console.log(`\n${await report(acme, current.id)}`)
  console.log(
    `\nThe data is in ${folder}/database (PGlite).\nNext: change examples/quickstart/src/campaign.ts and campaign.json and run \`npm run quickstart -- --fresh\`, or read docs/getting-started.md.`,
  )
  await drumbeat.close()
  return 0
}

function list(title: string, lines: readonly string[]): void {
  if (lines.length > 0) console.log(`\n${title}\n${lines.map((line) => `  ${line}`).join('\n')}`)
}

async function clockOf(fallback: number): Promise<number> {
  const text = await readFile(clockFile, 'utf8').catch(() => '')
  return text === '' ? fallback : Number(text)
}

process.exitCode = await main()
