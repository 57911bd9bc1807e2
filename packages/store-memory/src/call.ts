import { ConfigurationError, ConflictError, type Instant, StorageError, type Transaction } from '@drumbeat/core'
import type { State } from './state.js'

/** What a request may say about the circumstances of its call. */
interface Circumstances {
  readonly now?: Instant
  readonly tx?: Transaction | undefined
}

/** Runs the body of one method: all of it or, when it throws, nothing. */
export type Call = <Result>(request: Circumstances, work: () => Result) => Promise<Result>

/** Lets calls and host transactions at the state, one at a time, until the store is closed. */
export class Entrance {
  private closed = false
  private host: { readonly tx: Transaction; readonly ended: Promise<void> } | null = null

  constructor(private readonly state: State) {}

  readonly call: Call = async (request, work) => {
    this.admit(request.tx)
    this.state.now = Math.max(this.state.now, request.now ?? this.state.now)
    const result = this.state.journal.together(work)
    if (this.host === null) this.state.journal.commit()
    return result
  }

  /** Runs the host's work; what it writes through `tx` stays only if it resolves. */
  async transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    this.admit(undefined)
    const tx = Object.freeze({})
    let end = (): void => {}
    this.host = {
      tx,
      ended: new Promise((resolve) => {
        end = resolve
      }),
    }
    try {
      const result = await work(tx)
      this.state.journal.commit()
      return result
    } catch (error) {
      this.state.journal.rollBack()
      throw error
    } finally {
      this.host = null
      end()
    }
  }

  /** Waits for a host's transaction that is under way; every later call is refused. */
  async close(): Promise<void> {
    this.closed = true
    await this.host?.ended
  }

  private admit(tx: Transaction | undefined): void {
    if (tx !== undefined && tx === this.host?.tx) return
    if (this.closed) throw new StorageError('The memory store is closed. Create another one.')
    if (tx !== undefined) {
      throw new ConfigurationError(
        'This transaction has ended, or is not of this store. Use the one that transaction() hands out.',
      )
    }
    if (this.host !== null) {
      throw new ConflictError(
        'A host transaction is under way in this store. Pass its tx, or call when it has ended.',
        {
          kind: 'store_busy',
          retryable: true,
        },
      )
    }
  }
}
