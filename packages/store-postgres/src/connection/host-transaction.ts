import { ConfigurationError } from '@drumbeat/core'
import type { Connection, Param } from './connection.js'

/** A transaction of the host's that a store has begun: the host may run its own statements in it. */
export interface HostTransaction {
  /**
   * Runs one statement of the host's.
   * @throws {ConfigurationError} when the statement would begin or end the transaction, or the transaction has ended.
   */
  query<Row = unknown>(text: string, params?: readonly Param[]): Promise<{ readonly rows: readonly Row[] }>
}

/** The transactions that a store has begun for its host, and the order of what happens in them. */
export class HostTransactions {
  private readonly open = new WeakMap<object, Connection>()
  private readonly turns = new WeakMap<object, Promise<unknown>>()

  /** Lets the host at a connection until `work` is done. */
  async with<Result>(connection: Connection, work: (tx: HostTransaction) => Promise<Result>): Promise<Result> {
    const tx: HostTransaction = {
      query: async <Row>(text: string, params?: readonly Param[]) => {
        if (this.open.get(tx) === undefined) throw ended()
        refuseControl(text)
        return { rows: await connection.query<Row>(text, params) }
      },
    }
    this.open.set(tx, connection)
    try {
      return await work(tx)
    } finally {
      await this.turns.get(tx)?.catch(() => undefined)
      this.open.delete(tx)
    }
  }

  /** The connection behind a `tx` that this store made and that has not ended. */
  connectionOf(tx: object): Connection | undefined {
    return this.open.get(tx)
  }

  /** Runs calls of one transaction one after the other, also when the host makes them at once: each stands in a savepoint. */
  inTurn<Result>(tx: object, work: () => Promise<Result>): Promise<Result> {
    const turn = (this.turns.get(tx) ?? Promise.resolve()).catch(() => undefined).then(work)
    this.turns.set(tx, turn)
    return turn
  }
}

/** Refuses statements that would begin or end the transaction behind the store's back. */
export function refuseControl(text: string): void {
  const bare = text.replace(/^(?:\s+|--[^\n]*(?:\n|$)|\/\*.*?\*\/|;)+/s, '')
  if (
    !/^(?:begin|start\s+transaction|commit|end|abort|prepare\s+transaction|rollback(?!\s+(?:work\s+|transaction\s+)?to\b))\b/i.test(
      bare,
    )
  )
    return
  throw new ConfigurationError(
    'A host transaction is begun and ended by store.transaction(): return to commit, throw to roll back. ' +
      'BEGIN, COMMIT and ROLLBACK cannot be given as statements.',
  )
}

function ended(): ConfigurationError {
  return new ConfigurationError('This transaction has ended. Use `tx` only while the work given to transaction() runs.')
}
