import type pg from 'pg'
import type { PgClient, PgPool } from '../src/connection/pg-driver.js'
import { askedOf, type Named } from './watched-pool.js'

/** A part of a plan, as `explain (format json)` writes it. */
export interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly 'Actual Loops'?: number
  readonly 'Actual Rows'?: number
  readonly Plans?: readonly PlanNode[]
}

/** A statement as it was planned where it ran. */
export interface Explained {
  readonly text: string
  /** As the store runs it, and what it did. */
  readonly run: PlanNode
  /** As a session that has prepared it runs it in the long run, with one plan for any values, and what it did. */
  readonly prepared: PlanNode
  /** With the settings that a server comes with: nothing keeps the planner from reading a table whole. */
  readonly free: PlanNode
}

/** Calls of one statement that are explained: the first has next to nothing to do, sometimes. */
const mostOfOne = 3

/**
 * A pool that explains what goes through it: each statement runs once for each of its plans, in the transaction and at the moment in which
 * it is asked for, is taken back, and then runs as it would have.
 */
export function explainingPool(pool: pg.Pool): { readonly pool: PgPool; readonly explained: readonly Explained[] } {
  const explained: Explained[] = []
  const explain = async (client: PgClient, text: string, values: readonly unknown[]): Promise<void> => {
    if (!/^\s*(select|with|insert|update|delete)\b/i.test(text)) return
    if (explained.filter((one) => one.text === text).length >= mostOfOne) return
    const plan = async (options: string, what: string, given: readonly unknown[] = []): Promise<PlanNode> => {
      const { rows } = await client.query(`explain (${options}, format json) ${what}`, [...given])
      await client.query('rollback to savepoint explaining')
      return rows[0]['QUERY PLAN'][0].Plan
    }
    await client.query('savepoint explaining')
    const run = await plan('analyze, timing off', text, values)
    await client.query(`prepare explained as ${text}; set local plan_cache_mode to force_generic_plan`)
    const given = values.length === 0 ? '' : `(${values.map(literalOf).join(', ')})`
    const prepared = await plan('analyze, timing off', `execute explained${given}`)
    await client.query('deallocate explained')
    await client.query('set local enable_seqscan to default; set local random_page_cost to default')
    const free = await plan('costs on', text, values)
    await client.query('release savepoint explaining')
    explained.push({ text, run, prepared, free })
  }
  const watched: PgPool = {
    on: (event, listener) => pool.on(event, listener),
    async query(statement: string | Named, given?: unknown[]) {
      const { text, values } = askedOf(statement, given)
      const client = await pool.connect()
      try {
        await client.query('begin')
        await explain(client, text, values)
        await client.query('rollback')
        return await client.query(text, values)
      } finally {
        client.release()
      }
    },
    async connect() {
      const client = await pool.connect()
      // The store may ask for several things at once; explaining takes several steps for each.
      let asked: Promise<unknown> = Promise.resolve()
      return {
        on: (event: 'error', listener: (error: Error) => void) => client.on(event, listener),
        removeListener: (event: 'error', listener: (error: Error) => void) => client.removeListener(event, listener),
        release: (destroy?: boolean) => client.release(destroy),
        async query(statement: string | Named, given?: unknown[]) {
          const { text, values } = askedOf(statement, given)
          const answer = asked.then(async () => {
            if (values.length > 0 || /^\s*with\b/.test(text)) await explain(client, text, values)
            return client.query(text, values)
          })
          asked = answer.catch(() => {})
          return answer
        },
      }
    },
  }
  return { pool: watched, explained }
}

function literalOf(value: unknown): string {
  return value === null ? 'null' : `'${String(value).replaceAll("'", "''")}'`
}

/** The parts of a plan, from the top. */
export function partsOf(plan: PlanNode): readonly PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(partsOf)]
}
