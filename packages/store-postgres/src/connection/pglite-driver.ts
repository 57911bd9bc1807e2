import { ConfigurationError, ConflictError, isDrumbeatError, StorageError } from '@drumbeat/core'
import { plansByKey } from '../sql/by-index.js'
import type { Connection, Driver, Param } from './connection.js'
import { isLogFull, isOutsideTransaction } from './storage-error.js'

/** What is used of a transaction of PGlite. */
export interface PgliteTransaction {
  query<Row>(text: string, params?: unknown[]): Promise<{ readonly rows: Row[] }>
  exec(text: string): Promise<unknown>
}

/** What is used of a PGlite database: `new PGlite(…)` is one. */
export interface PgliteDatabase extends PgliteTransaction {
  readonly dataDir?: string
  readonly waitReady: Promise<void>
  transaction<Result>(work: (tx: PgliteTransaction) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

/** Where the database is: one that the host has made, or a directory of ours. */
export type PgliteSource = { readonly db: PgliteDatabase } | { readonly dataDir: string }

/** PGlite: PostgreSQL inside this process, with one connection, so that its transactions run one after the other. */
export function pgliteDriver(source: PgliteSource): Driver {
  let opened: { readonly db: PgliteDatabase; readonly unlock: () => Promise<void> } | null = null
  const isHosts = 'db' in source
  const lost = new LostLog()

  function database(): PgliteDatabase {
    lost.refuse()
    if (opened === null) throw new StorageError('The embedded database is closed. Create another store.')
    return opened.db
  }

  async function transaction<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const db = database()
    if (isHosts) await refuseRawTransaction(db)
    return lost.transaction(
      (guarded) => db.transaction(guarded),
      async (tx) => {
        await tx.exec(plansByKey.join('; '))
        return work(pgliteConnection(tx, lost))
      },
    )
  }

  return {
    kind: 'pglite',
    async open() {
      const directory = directoryOf(isHosts ? source.db.dataDir : source.dataDir)
      const unlock = await lock(directory)
      try {
        const db = isHosts ? source.db : await openDirectory(source.dataDir, directory)
        await db.waitReady
        opened = { db, unlock }
      } catch (error) {
        await unlock()
        throw error
      }
    },
    async close() {
      const { db, unlock } = opened ?? {}
      opened = null
      if (!isHosts && !lost.isLost) await db?.close()
      await unlock?.()
    },
    query: (_, text, params) => pgliteConnection(database(), lost).query(text, params),
    queryWith: (_, text, params) => transaction((connection) => connection.query(text, params)),
    // Time limits would do nothing: there is one session, and nobody to wait for.
    transaction: (_, work) => transaction(work),
    hostTransaction: transaction,
    adopt() {
      throw new ConfigurationError(
        'This transaction has ended, or is not of this store. On PGlite, use the `tx` that store.transaction() hands over: ' +
          'a BEGIN of your own would take the writes of the engine with it.',
      )
    },
  }
}

function pgliteConnection(session: PgliteTransaction, lost: LostLog): Connection {
  return {
    async query<Row>(text: string, params: readonly Param[] = []) {
      return (await lost.statement(() => session.query<Row>(text, [...params]))).rows
    },
    async script(text) {
      await lost.statement(() => session.exec(text))
    },
  }
}

/**
 * Keeps away from a database whose log could not grow because the disk is full: PGlite panics then, and whatever it is asked next, a
 * rollback included, keeps the whole process busy for ever. So no other call is made, and a transaction never comes back to PGlite.
 */
class LostLog {
  isLost = false

  /** @throws {StorageError} when the log was lost before. */
  refuse(): void {
    if (this.isLost) throw logLost(undefined)
  }

  async statement<Result>(run: () => Promise<Result>): Promise<Result> {
    this.refuse()
    try {
      return await run()
    } catch (error) {
      if (!isLogFull(error)) throw error
      this.isLost = true
      throw logLost(error)
    }
  }

  /** Runs a transaction. When its log is lost, the caller hears of it and PGlite waits for ever. */
  transaction<Result>(
    begin: (work: (tx: PgliteTransaction) => Promise<Result>) => Promise<Result>,
    work: (tx: PgliteTransaction) => Promise<Result>,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const guarded = async (tx: PgliteTransaction): Promise<Result> => {
        try {
          return await work(tx)
        } catch (error) {
          if (this.isLost) reject(error)
          throw error
        } finally {
          if (this.isLost) await new Promise(() => reject(logLost(undefined)))
        }
      }
      begin(guarded).then(resolve, reject)
    })
  }
}

function logLost(cause: unknown): StorageError {
  return new StorageError(
    'The disk of the embedded database is full, and its log could not grow. Free some space and start the process again: what was ' +
      'committed is kept.',
    { cause },
  )
}

/** The one connection may be inside a transaction that the host began by itself; its ROLLBACK would erase ours. */
async function refuseRawTransaction(db: PgliteDatabase): Promise<void> {
  try {
    await db.exec('SAVEPOINT drumbeat_probe; RELEASE SAVEPOINT drumbeat_probe')
  } catch (error) {
    if (isOutsideTransaction(error)) return
    throw error
  }
  throw new ConflictError(
    'The database is inside a transaction that was begun with a BEGIN of its own. Use store.transaction() instead.',
    { kind: 'store_busy', retryable: true },
  )
}

/** The path of a database that lies in a directory; null = in memory, or in a browser. */
function directoryOf(dataDir: string | undefined): string | null {
  if (dataDir === undefined || dataDir === '') return null
  if (dataDir.startsWith('file://')) return dataDir.slice('file://'.length)
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(dataDir) ? null : dataDir
}

/** Imported late, as PGlite itself is: it needs Node, and a database in memory does not. */
async function lock(directory: string | null): Promise<() => Promise<void>> {
  if (directory === null) return async () => {}
  const { lockDirectory } = await import('./directory-lock.js')
  return lockDirectory(directory)
}

async function openDirectory(dataDir: string, directory: string | null): Promise<PgliteDatabase> {
  const { PGlite } = await import('@electric-sql/pglite').catch((cause) => {
    throw new ConfigurationError(
      'pgliteStore({ dataDir }) needs the package @electric-sql/pglite. Run `npm install @electric-sql/pglite`, or hand a ' +
        'database of your own in as `db`.',
      { cause },
    )
  })
  if (directory !== null) await refuseForeignDirectory(directory)
  try {
    return await PGlite.create(dataDir)
  } catch (error) {
    if (isDrumbeatError(error)) throw error
    throw new StorageError(
      `The database in "${dataDir}" cannot be opened. It was left as it is. Restore it from a backup, or name another directory.`,
      { cause: error },
    )
  }
}

/** PGlite would make a new database where it finds none; among files that are not one, that is hardly what was meant. */
async function refuseForeignDirectory(directory: string): Promise<void> {
  const { readdir } = await import('node:fs/promises')
  const files = await readdir(directory)
  if (files.length === 0 || files.includes('PG_VERSION')) return
  throw new StorageError(
    `The directory "${directory}" has files in it but no database, or one that is damaged. It was left as it is. ` +
      'Name an empty directory, or restore the database from a backup.',
  )
}
