import { ConfigurationError, ConflictError, StorageError, type Transaction } from '@drumbeat/core'
import type { Connection, Driver, Param, PoolName, TransactionSettings } from './connection.js'
import { type HostTransaction, HostTransactions } from './host-transaction.js'
import { isOutsideTransaction, isPreparedElsewhere, isTransactionConflict, toStorageError } from './storage-error.js'

/** The time limits of our own transactions. */
export interface Limits {
  /** The longest that one statement may take, unless a call says otherwise. */
  readonly statementTimeoutMs: number
  /** How long a transaction may wait for its next statement before the database ends it. */
  readonly idleTimeoutMs: number
}

/** How one call wants its transaction. */
export interface WriteOptions {
  readonly pool?: PoolName
  readonly statementTimeoutMs?: number
  readonly readOnly?: boolean
  /** The host's transaction to take part in. */
  readonly tx?: Transaction | undefined
}

const mostTries = 5

/** The database as the store's methods see it: opened once, closed once, with every error said in the store's words. */
export class Database {
  private readonly hosts = new HostTransactions()
  private readonly underWay = new Set<Promise<unknown>>()
  private hostsRunning = 0
  private opening: Promise<void> | null = null
  private isOpen = false
  private isClosed = false

  constructor(
    private readonly driver: Driver,
    private readonly limits: Limits,
  ) {}

  get kind(): Driver['kind'] {
    return this.driver.kind
  }

  /** Opens the driver and runs `prepare`, once however often it is called. After a failure it may be tried again. */
  open(prepare: () => Promise<void>): Promise<void> {
    if (this.isClosed) return Promise.reject(closed())
    this.opening ??= this.openOnce(prepare).catch((error) => {
      this.opening = null
      throw toStorageError(error)
    })
    return this.opening
  }

  private async openOnce(prepare: () => Promise<void>): Promise<void> {
    await this.driver.open()
    this.isOpen = true
    try {
      await prepare()
    } catch (error) {
      this.isOpen = false
      await this.driver.close()
      throw error
    }
  }

  /** Waits for what is under way, then gives everything back. */
  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    await this.opening?.catch(() => undefined)
    while (this.underWay.size > 0) await Promise.allSettled([...this.underWay])
    if (this.isOpen) await this.driver.close()
  }

  /** Runs one statement on its own. */
  read<Row>(text: string, params: readonly Param[] = [], pool: PoolName = 'work'): Promise<readonly Row[]> {
    return this.admitted(undefined, () => this.driver.query<Row>(pool, text, params)).catch(rethrow)
  }

  /** Runs one statement that finds rows by the keys of a batch, with the settings that keep its plan to the indexes. */
  readByKey<Row>(text: string, params: readonly Param[]): Promise<readonly Row[]> {
    const settings = this.settingsOf({ readOnly: true })
    return this.admitted(undefined, () => untilDone(() => this.driver.queryWith<Row>(settings, text, params))).catch(
      rethrow,
    )
  }

  /** Runs `work` in one transaction: all of it or, when it throws, nothing. It may run again after a deadlock. */
  write<Result>(work: (connection: Connection) => Promise<Result>, options: WriteOptions = {}): Promise<Result> {
    const { tx } = options
    const run = () => (tx === undefined ? this.inOurOwn(work, options) : this.inHosts(tx, work))
    return this.admitted(tx, run).catch(rethrow)
  }

  /** Runs `work` in a transaction of the host's. What `work` throws comes through as it is. */
  async hostTransaction<Result>(work: (tx: HostTransaction) => Promise<Result>): Promise<Result> {
    let thrown: { readonly error: unknown } | null = null
    const guarded = (tx: HostTransaction) =>
      work(tx).catch((error) => {
        thrown = { error }
        throw error
      })
    try {
      return await this.admitted(undefined, async () => {
        this.hostsRunning++
        try {
          return await this.driver.hostTransaction((connection) => this.hosts.with(connection, guarded))
        } finally {
          this.hostsRunning--
        }
      })
    } catch (error) {
      throw thrown === null ? toStorageError(error) : error
    }
  }

  private async admitted<Result>(tx: Transaction | undefined, run: () => Promise<Result>): Promise<Result> {
    // A call of a transaction that began before closing belongs to it, and is waited for with it.
    const belongs = tx !== undefined && this.hosts.connectionOf(tx) !== undefined
    if (this.isClosed && !belongs) throw closed()
    if (!this.isOpen) throw new StorageError('The store is not open yet. Call open() first.')
    if (tx === undefined && this.hostsRunning > 0 && this.driver.kind === 'pglite') throw busy()
    const call = run()
    this.underWay.add(call)
    try {
      return await call
    } finally {
      this.underWay.delete(call)
    }
  }

  private inOurOwn<Result>(work: (connection: Connection) => Promise<Result>, options: WriteOptions): Promise<Result> {
    const settings = this.settingsOf(options)
    return untilDone(() => this.driver.transaction(settings, work))
  }

  private settingsOf({ pool = 'work', statementTimeoutMs, readOnly = false }: WriteOptions): TransactionSettings {
    const { limits } = this
    return {
      pool,
      statementTimeoutMs: statementTimeoutMs ?? limits.statementTimeoutMs,
      idleTimeoutMs: limits.idleTimeoutMs,
      readOnly,
    }
  }

  /** In a savepoint: an error takes back what this call has written, and leaves the host's transaction usable. */
  private inHosts<Result>(tx: Transaction, work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const connection = this.hosts.connectionOf(tx) ?? this.driver.adopt(tx)
    return this.hosts.inTurn(tx, async () => {
      await connection.query('SAVEPOINT drumbeat').catch((error) => {
        throw isOutsideTransaction(error) ? outside() : error
      })
      try {
        const result = await work(connection)
        await connection.query('RELEASE SAVEPOINT drumbeat')
        return result
      } catch (error) {
        await connection.query('ROLLBACK TO SAVEPOINT drumbeat').catch(() => undefined)
        throw error
      }
    })
  }
}

/** Runs a transaction again that nothing but others have kept from being done. */
async function untilDone<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await run()
    } catch (error) {
      if (tries >= mostTries || !(isTransactionConflict(error) || isPreparedElsewhere(error))) throw error
      await pause(Math.random() * 10 * 2 ** tries)
    }
  }
}

function rethrow(error: unknown): never {
  throw toStorageError(error)
}

function closed(): StorageError {
  return new StorageError('The store is closed. Create another one.')
}

function outside(): ConfigurationError {
  return new ConfigurationError(
    'The `tx` given is a client on which no transaction has begun, so nothing was written. Run BEGIN on it first, or use ' +
      'store.transaction().',
  )
}

function busy(): ConflictError {
  return new ConflictError('A host transaction is under way in this store. Pass its tx, or call when it has ended.', {
    kind: 'store_busy',
    retryable: true,
  })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
