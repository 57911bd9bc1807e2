import { type Explained, type PlanNode, partsOf } from './explaining-pool.js'
import { rowsEach } from './filled-database.js'

const introduction = (version: string): string => `# Plans

How PostgreSQL carries out the statements of the hot path: from an import over an enrollment, two mails and their reports to the counters.
Written by \`packages/store-postgres/test/plans.test.ts\` on PostgreSQL ${version.split(' ')[0]}, where each large table has ${rowsEach.toLocaleString('en')} rows and the
history lies in nine ranges; the same test holds them to what this page shows, on every run:

- No statement reads a large table whole, nor a whole index, as the store runs it, prepared or not; and none reads a table whole with the settings that a server
  comes with, where nothing keeps the planner from it.
- What is asked for by a delivery's id looks into the range of that id alone. What a run, or a contact within a frequency cap, has had is asked for
  by the run, through the index of runs of each range: its cost grows with the number of ranges (\`idsPerRange\`, by default five million deliveries),
  and not with what lies in them.

\`batch(…)\` stands for the rows of a batch, which come as one array for each column. A part that was not carried out, such as a range that was left out while the statement ran, is not shown. Inserts show their source alone.
To write this page anew: \`DRUMBEAT_WRITE_PLANS=1 npx vitest run --project integration packages/store-postgres/test/plans.test.ts\`.
`

/** The rows of a batch, out of the parameters: of each only its columns are shown. */
const batchRows = /\(select u\.\w+.*? as u\(([\w, ]+)\) offset 0\)/g

/** The plans of statements as a page: by what they do, the busiest one of each text. */
export function plansPage(statements: readonly Explained[], schema: string, version: string): string {
  const byText = new Map<string, Explained>()
  for (const one of statements) {
    const known = byText.get(one.text)
    if (known === undefined || workOf(one.run) > workOf(known.run)) byText.set(one.text, one)
  }
  const sections = [...byText.values()]
    .filter(({ run }) => partsOf(run).some((part) => part['Index Name'] !== undefined))
    .map(({ text, run }) => {
      const sql = text.replaceAll(`${schema}.`, '').replace(/\s+/g, ' ').replace(batchRows, 'batch($1)').trim()
      return `\`\`\`sql\n${wrapped(sql)}\n\`\`\`\n\n\`\`\`text\n${linesOf(run, 0).join('\n')}\n\`\`\`\n`
    })
  return [introduction(version), ...sections.sort()].join('\n')
}

function workOf(plan: PlanNode): number {
  return partsOf(plan).filter((part) => (part['Actual Loops'] ?? 0) > 0).length
}

function linesOf(part: PlanNode, depth: number): readonly string[] {
  if (part['Actual Loops'] === 0) return []
  const index = part['Index Name']
  const table = part['Relation Name']
  const on = table === undefined ? '' : ` on ${table}`
  const by = index === undefined ? '' : ` by ${index}`
  const condition = part['Index Cond']
  const shown = condition === undefined ? '' : ` (${short(condition)})`
  const line = `${'  '.repeat(depth)}${part['Node Type']}${on}${by}${shown}`
  return [line, ...(part.Plans ?? []).flatMap((inner) => linesOf(inner, depth + 1))]
}

/** Arrays of a batch are long. */
function short(condition: string): string {
  return condition
    .replace(/'\{[^']*\}'::\w+\[\]/g, '…')
    .replace(/::\w+/g, '')
    .replace(/'[^']{12,}'/g, '…')
}

function wrapped(text: string): string {
  return text.replace(/(.{1,120})(\s|$)/g, '$1\n').trimEnd()
}
