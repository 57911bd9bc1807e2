import { type Counter, type Delivery, formatInZone, type Recipient, resolveZone, type Workspace } from '@drumbeat/core'
import { inWords, timelineOf } from '@drumbeat/simulate'

/** Writes what happened: three people's timelines, the funnel, and what was not sent and why. */
export async function report(workspace: Workspace, campaignId: string): Promise<string> {
  const runs = await allRuns(workspace, campaignId)
  const counters = await workspace.campaigns.counters(campaignId)
  const { sequence } = await workspace.campaigns.get(campaignId)
  return [
    await timelines(workspace, runs),
    funnel(
      counters,
      Object.entries(sequence.steps).flatMap(([id, step]) => (step.kind === 'send' ? [id] : [])),
    ),
    notSent(counters),
    endings(counters, runs.length),
  ].join('\n\n')
}

async function allRuns(workspace: Workspace, campaignId: string): Promise<readonly Recipient[]> {
  const runs: Recipient[] = []
  for (let after: string | null = null; ; after = String(runs.at(-1)?.id)) {
    const page = await workspace.recipients(campaignId, { after, limit: 1000 })
    runs.push(...page)
    if (page.length < 1000) return runs
  }
}

/** One who came to the end, one who was put off by quiet hours, one who left: the first of each. */
async function timelines(workspace: Workspace, runs: readonly Recipient[]): Promise<string> {
  const wanted = [
    runs.find(({ status, memory }) => status === 'completed' && memory.path.some(({ step }) => step === 'tips')),
    runs.find(({ memory }) => memory.path.some(({ step }) => step === 'thanks')),
    runs.find(({ memory }) => memory.path.some(({ step, via }) => step === 'tuesday' && via === 'timedOut')),
  ]
  const shown = [...new Set(wanted)].filter((run) => run !== undefined)
  return (await Promise.all(shown.map((run) => timeline(workspace, run)))).join('\n\n')
}

async function timeline(workspace: Workspace, run: Recipient): Promise<string> {
  const contact = await workspace.contacts.get(run.contactId)
  const { sequence } = await workspace.campaigns.get(run.campaignId)
  const { zone } = resolveZone({ contact: contact.zone, workspace: (await workspace.settings()).zone })
  const deliveries: readonly Delivery[] = await workspace.deliveriesOf(run)
  const lines = timelineOf({ run, deliveries, sequence, zone }).map(
    ({ at, stepId, text }) =>
      `  ${formatInZone(at, zone).slice(0, 16).replace('T', ' ')}  ${stepId.padEnd(14)} ${text}`,
  )
  return [`${String(contact.attributes.firstName ?? contact.id)} (${run.contactId}), times in ${zone}`, ...lines].join(
    '\n',
  )
}

function funnel(counters: readonly Counter[], steps: readonly string[]): string {
  const of = (stepId: string, name: string): number =>
    counters.find((counter) => counter.stepId === stepId && counter.name === name)?.value ?? 0
  const row = (cells: readonly (string | number)[]) =>
    `  ${String(cells[0]).padEnd(15)}${cells
      .slice(1)
      .map((cell) => String(cell).padStart(9))
      .join('')}`
  return [
    'Step by step',
    row(['', 'came', 'sent', 'opened', 'clicked']),
    ...steps.map((id) =>
      row([id, of(id, 'entered'), of(id, 'delivery.sent'), of(id, 'fact.opened'), of(id, 'fact.clicked')]),
    ),
  ].join('\n')
}

function notSent(counters: readonly Counter[]): string {
  const reasons = new Map<string, number>()
  for (const { name, value } of counters) {
    const reason = name.startsWith('delivery.skipped.') ? inWords(name.slice('delivery.skipped.'.length)) : null
    if (reason !== null) reasons.set(reason, (reasons.get(reason) ?? 0) + value)
  }
  const sorted = [...reasons].sort(([, a], [, b]) => b - a)
  return ['Not sent, and why', ...sorted.map(([reason, count]) => `  ${String(count).padStart(5)}  ${reason}`)].join(
    '\n',
  )
}

function endings(counters: readonly Counter[], all: number): string {
  const ended = counters.filter(({ name }) => name.startsWith('recipient.'))
  const lines = ended.map(
    ({ name, value }) => `  ${String(value).padStart(5)}  ${inWords(name.split('.').slice(2).join('.'))}`,
  )
  const over = ended.reduce((sum, { value }) => sum + value, 0)
  return [`Of ${all} people`, ...lines, `  ${String(all - over).padStart(5)}  still inside`].join('\n')
}
