import { ConfigurationError } from '@drumbeat/core'
import { plansByKey } from '../sql/by-index.js'
import { together } from '../sql/together.js'
import type { Connection, Driver, Param, PoolName, TransactionSettings } from './connection.js'
import { PreparedStatements } from './prepared-statements.js'
import { isConnectionLost, isPreparedElsewhere } from './storage-error.js'

/** What is used of a query's result. */
export interface PgResult {
  // biome-ignore lint/suspicious/noExplicitAny: rows are whatever a statement selects, as in `pg` itself.
  readonly rows: any[]
}

/** What is used of a client of `pg`. */
export interface PgClient {
  query(text: string, values?: unknown[]): Promise<PgResult>
  /** Prepares the statement under its name, where the session has not done so yet, and runs it. */
  query(statement: { name: string; text: string; values: unknown[] }): Promise<PgResult>
  /** Whether it takes the next statement before it has answered the last one. */
  readonly pipeline?: boolean
}

/** What is used of a client that a pool lends. */
export interface PgPoolClient extends PgClient {
  release(destroy?: boolean): void
  on(event: 'error', listener: (error: Error) => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
}

/** What is used of a pool of `pg`: `new pg.Pool(…)` is one. */
export interface PgPool extends PgClient {
  connect(): Promise<PgPoolClient>
  on(event: 'error', listener: (error: Error) => void): unknown
}

/**
 * PostgreSQL through the host's pools. Of what a pooler in transaction mode takes away it uses only prepared statements, and those no
 * longer once one is missed.
 */
export function pgDriver(pools: Readonly<Record<PoolName, PgPool>>, prepared: PreparedStatements): Driver {
  async function withClient<Result>(
    pool: PoolName,
    transaction: (client: PgClient) => Promise<Result>,
  ): Promise<Result> {
    const client = await pools[pool].connect()
    // A session that dies between two statements says so with an event, which ends the process if nobody listens.
    client.on('error', ignore)
    let broken = false
    try {
      return await transaction(client)
    } catch (error) {
      broken = isConnectionLost(error) || !(await rolledBack(client))
      throw error
    } finally {
      client.removeListener('error', ignore)
      client.release(broken)
    }
  }

  function inTransaction<Result>(
    pool: PoolName,
    begin: string,
    statements: PreparedStatements,
    work: (connection: Connection) => Promise<Result>,
  ): Promise<Result> {
    return withClient(pool, async (client) => {
      await client.query(begin)
      const result = await work(pgConnection(client, statements))
      await client.query('COMMIT')
      return result
    })
  }

  return {
    kind: 'postgres',
    async open() {
      // The same for sessions that die while the pool keeps them: the pool has dropped them when it says so.
      for (const pool of new Set(Object.values(pools))) pool.on('error', ignore)
    },
    async close() {},
    async query<Row>(pool: PoolName, text: string, params: readonly Param[]) {
      const { rows } = await run(pools[pool], prepared, text, params).catch((error) => {
        if (!isPreparedElsewhere(error)) throw error
        return run(pools[pool], prepared, text, params)
      })
      return rows as readonly Row[]
    },
    // Where there is nothing to decide in between, nothing is waited for.
    queryWith: <Row>(settings: TransactionSettings, text: string, params: readonly Param[]) =>
      withClient(settings.pool, async (client) => {
        const ask = inTurn(client)
        const [, { rows }] = await together([
          ask(() => client.query(beginStatement(settings))),
          ask(() => run(client, prepared, text, params)),
          ask(() => client.query('COMMIT')),
        ])
        return rows as readonly Row[]
      }),
    transaction: (settings, work) => inTransaction(settings.pool, beginStatement(settings), prepared, work),
    hostTransaction: (work) =>
      inTransaction('work', 'BEGIN ISOLATION LEVEL READ COMMITTED', unprepared, async (connection) => {
        const result = await work(connection)
        // COMMIT of a transaction in which a statement failed is a silent ROLLBACK; this statement is not silent.
        await connection.query('SELECT 1')
        return result
      }),
    adopt(tx) {
      if (isClient(tx)) return pgConnection(tx, unprepared)
      throw new ConfigurationError(
        'The `tx` given is not a transaction. Give the one that store.transaction() hands over, or a `pg` client on which a ' +
          'transaction has begun.',
      )
    },
  }
}

/** In a transaction of the host's nothing may fail that would not have to. */
const unprepared = new PreparedStatements(false)

async function run(
  client: PgClient,
  prepared: PreparedStatements,
  text: string,
  params: readonly Param[],
): Promise<PgResult> {
  const name = prepared.nameOf(text)
  if (name === undefined) return client.query(text, [...params])
  try {
    return await client.query({ name, text, values: [...params] })
  } catch (error) {
    if (isPreparedElsewhere(error)) prepared.forbid()
    throw error
  }
}

/** Hands statements to a session: at once where it pipelines; elsewhere each when the one before has been answered. */
function inTurn(client: PgClient): <Answer>(ask: () => Promise<Answer>) => Promise<Answer> {
  if (client.pipeline === true) return (ask) => ask()
  let last: Promise<unknown> = Promise.resolve()
  return (ask) => {
    const answer = last.then(ask, ask)
    last = answer
    return answer
  }
}

function pgConnection(client: PgClient, prepared: PreparedStatements): Connection {
  const ask = inTurn(client)
  return {
    async query<Row>(text: string, params: readonly Param[] = []) {
      const { rows } = await ask(() => run(client, prepared, text, params))
      return rows as readonly Row[]
    },
    async script(text) {
      await ask(() => client.query(text))
    },
  }
}

/** One round trip. The isolation level is named because the host may have set another default. */
function beginStatement({ statementTimeoutMs, idleTimeoutMs, readOnly = false }: TransactionSettings): string {
  return (
    `BEGIN ISOLATION LEVEL READ COMMITTED${readOnly ? ' READ ONLY' : ''}; ` +
    `SET LOCAL idle_in_transaction_session_timeout = ${Math.ceil(idleTimeoutMs)}; ` +
    `SET LOCAL statement_timeout = ${Math.ceil(statementTimeoutMs)}; ${plansByKey.join('; ')}`
  )
}

async function rolledBack(client: PgClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK')
    return true
  } catch {
    return false
  }
}

function isClient(tx: object): tx is PgClient {
  return 'query' in tx && typeof tx.query === 'function'
}

function ignore(): void {}
