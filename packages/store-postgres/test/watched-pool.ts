import type pg from 'pg'
import type { PostgresStoreOptions } from '../src/index.js'

/** A statement as the store hands it to a session, prepared or not. */
export interface Asked {
  readonly text: string
  readonly values: unknown[]
}

interface Watcher {
  /** Called before each statement of a transaction; may throw in its place. */
  readonly before: (asked: Asked) => Promise<void>
  /** Called with the message of each statement that fails. */
  readonly failed?: (message: string) => void
}

/** A pool whose transactions are watched, statement by statement. */
export function watchedPool(pool: pg.Pool, { before, failed = () => {} }: Watcher): PostgresStoreOptions['pool'] {
  return {
    query: (statement: string | Named, values?: unknown[]) => ask(pool, statement, values),
    on: (event, listener) => pool.on(event, listener),
    async connect() {
      const client = await pool.connect()
      return {
        async query(statement: string | Named, values?: unknown[]) {
          const asked = askedOf(statement, values)
          await before({ ...asked, text: asked.text.trim() })
          return ask(client, statement, values).catch((error) => {
            failed(error.message)
            throw error
          })
        },
        release: (destroy?: boolean) => client.release(destroy),
        on: (event: 'error', listener: (error: Error) => void) => client.on(event, listener),
        removeListener: (event: 'error', listener: (error: Error) => void) => client.removeListener(event, listener),
      }
    },
  }
}

/** A statement that is prepared under a name. */
export interface Named extends Asked {
  readonly name: string
}

/** What a session is asked, whichever way. */
export function askedOf(statement: string | Named, values: unknown[] = []): Asked {
  return typeof statement === 'string' ? { text: statement, values } : statement
}

function ask(session: pg.Pool | pg.PoolClient, statement: string | Named, values?: unknown[]): Promise<pg.QueryResult> {
  return typeof statement === 'string' ? session.query(statement, values) : session.query(statement)
}
