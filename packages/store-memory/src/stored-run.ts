import type { Memory, Owner, Recipient } from '@drumbeat/core'
import { kept } from './kept.js'

/** A run, and who has claimed it; null = nobody. */
export interface RunWithOwner {
  readonly run: Recipient
  readonly owner: Owner | null
}

/** All of a run but whose it is: what most of those who look at a run ask for. */
export type Standing = Omit<Recipient, 'id' | 'contactId'>

/** A run as it is stored: whose it is, and how it stands, shared with all who stand exactly alike, as most of those who wait do. */
export class StoredRun implements RunWithOwner {
  constructor(
    readonly id: number,
    readonly contactId: string,
    readonly standing: Standing,
    readonly owner: Owner | null,
  ) {}

  /** The whole run, put together at each look. */
  get run(): Recipient {
    const { id, contactId } = this
    return Object.freeze({ ...this.standing, id, contactId })
  }
}

/** More are there at once only where an audience lives in more zones. */
const mostRemembered = 1_000

/** Takes runs apart to be stored. */
export class StoredRuns {
  /** The standing that was stored last with each memory. Only runs that begin together share a memory. */
  private readonly latest = new Map<Memory, Standing>()

  readonly keep = ({ run, owner }: RunWithOwner): StoredRun => {
    const standing: Standing = kept({ ...run, id: undefined, contactId: undefined })
    return new StoredRun(run.id, kept(run.contactId), this.shared(standing), kept(owner))
  }

  private shared(standing: Standing): Standing {
    const known = this.latest.get(standing.memory)
    if (known !== undefined && areAlike(known, standing)) return known
    if (this.latest.size >= mostRemembered) this.latest.clear()
    this.latest.set(standing.memory, standing)
    return standing
  }
}

/** True when every member of two standings is the same. */
function areAlike(a: Standing, b: Standing): boolean {
  for (const name in a) if (a[name as keyof Standing] !== b[name as keyof Standing]) return false
  return true
}
