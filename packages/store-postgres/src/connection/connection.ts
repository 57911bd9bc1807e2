/** A statement's parameter. Arrays are handed over as array literals, so that every driver sends the same. */
export type Param = string | number | boolean | null

/** One session's view of the database: inside the transaction that is open on it, if one is. */
export interface Connection {
  /** Runs one statement. Columns come back as text, number, boolean or null: the statements cast what is none of these. */
  query<Row = unknown>(text: string, params?: readonly Param[]): Promise<readonly Row[]>
  /** Runs several statements without parameters. */
  script(text: string): Promise<void>
}

/** Which connections a call uses. `control` stays free for heartbeats and stops while `work` is exhausted. */
export type PoolName = 'work' | 'control'

/** How a transaction is begun. */
export interface TransactionSettings {
  readonly pool: PoolName
  /** The longest that one statement may take. */
  readonly statementTimeoutMs: number
  /** How long the transaction may wait for our next statement: a frozen process must not keep its locks. */
  readonly idleTimeoutMs: number
  readonly readOnly?: boolean
}

/** What the two databases do differently. */
export interface Driver {
  readonly kind: 'postgres' | 'pglite'
  /** Makes the database usable, alone where it cannot be shared. */
  open(): Promise<void>
  /** Gives back what `open` took. */
  close(): Promise<void>
  /** Runs one statement, which is its own transaction. */
  query<Row>(pool: PoolName, text: string, params: readonly Param[]): Promise<readonly Row[]>
  /** Runs one statement in a transaction of our own, whose settings hold for it. */
  queryWith<Row>(settings: TransactionSettings, text: string, params: readonly Param[]): Promise<readonly Row[]>
  /** Runs `work` in a transaction of our own. */
  transaction<Result>(settings: TransactionSettings, work: (connection: Connection) => Promise<Result>): Promise<Result>
  /** Runs `work` in a transaction of the host's, without time limits of ours. */
  hostTransaction<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result>
  /**
   * The session behind what a host passed as `tx` although `hostTransaction` did not make it.
   * @throws {ConfigurationError} when this database takes no such thing.
   */
  adopt(tx: object): Connection
}
