// Measures how fast Drumbeat is, beside what people would build instead, on servers that it starts for itself.
import { parseArgs } from 'node:util'
import type { Bench, Figure, Sizes } from './figure.js'
import { activation, activationOfMany } from './figures/activation.js'
import { deliveries } from './figures/deliveries.js'
import { dueTimes } from './figures/due-times.js'
import { funnel } from './figures/funnel.js'
import { growth } from './figures/growth.js'
import { history } from './figures/history.js'
import { idle } from './figures/idle.js'
import { lateness } from './figures/lateness.js'
import { memoryStoreSize } from './figures/memory-store.js'
import { renders } from './figures/renders.js'
import { reports } from './figures/reports.js'
import { webhookCost, webhookPatience, webhooks } from './figures/webhooks.js'
import { printed } from './print.js'
import { startServers } from './servers.js'
import { type FigureResult, type Round, summary } from './statistics.js'

const figures: readonly Figure[] = [
  deliveries,
  activation,
  activationOfMany,
  reports,
  webhooks,
  webhookCost,
  webhookPatience,
  dueTimes,
  renders,
  memoryStoreSize,
  lateness,
  growth,
  history,
  funnel,
  idle,
]
const quick: Sizes = {
  jobs: 3_000,
  embeddedJobs: 1_000,
  handRolledJobs: 500,
  emptyJobs: 10_000,
  contacts: 5_000,
  handRolledContacts: 400,
  reports: 6_000,
  oneByOneReports: 600,
  webhooks: 4_000,
}
const whole: Sizes = {
  jobs: 120_000,
  embeddedJobs: 40_000,
  handRolledJobs: 4_000,
  emptyJobs: 60_000,
  contacts: 100_000,
  handRolledContacts: 3_000,
  reports: 60_000,
  oneByOneReports: 4_000,
  webhooks: 20_000,
}

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
  },
})
const rounds = Number(options.rounds)
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds is ${options.rounds}; it must be 1 or more.`)
const { only, quick: isQuick } = options
const chosen = figures.filter(({ name, long }) =>
  only === undefined ? !(isQuick && long === true) : name.toLowerCase().includes(only.toLowerCase()),
)
if (chosen.length === 0)
  throw new Error(`No figure has "${only}" in its name: ${figures.map(({ name }) => name).join(', ')}.`)

const say = (text: string): void => {
  if (!options.json) console.log(text)
}

const servers = await startServers()
try {
  const results = await measureAll({ servers, sizes: isQuick ? quick : whole })
  if (options.json) console.log(JSON.stringify({ quick: isQuick, rounds, figures: results }))
} finally {
  await servers.stop()
}

/** Round by round, everything once: what is compared runs within the same minute. */
async function measureAll(bench: Bench): Promise<readonly FigureResult[]> {
  const measured = new Map<Figure, Round[]>(chosen.map((figure) => [figure, []]))
  for (let round = 1; round <= rounds; round++) {
    say(`Round ${round} of ${rounds} …`)
    for (const [figure, all] of measured) {
      const one: Record<string, number> = {}
      for (const [label, measure] of Object.entries(figure.measured)) one[label] = await measure(bench)
      all.push(one)
    }
  }
  const results = [...measured].map(([figure, all]) => summary(figure, all))
  for (const result of results) say(`\n${printed(result)}`)
  return results
}
