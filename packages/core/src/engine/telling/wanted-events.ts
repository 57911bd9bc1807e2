import type { EventType } from '../../outbox/event-type.js'
import type { Clock } from '../../ports/clock.js'
import type { Transaction } from '../../ports/store.js'
import type { OutboxStore } from '../../ports/store-outbox.js'

/** Whether any endpoint of a workspace wants to be told of such an event. */
export type Wants = (workspaceId: string, type: EventType) => boolean

type Wish = ReadonlySet<EventType> | 'every' | 'none'

const mostKnown = 10_000

/** What endpoints want to be told of, looked up once for a while: a workspace without endpoints costs its batches nothing. */
export class WantedEvents {
  private readonly known = new Map<string, { readonly wish: Wish; readonly until: number }>()

  constructor(
    private readonly store: Pick<OutboxStore, 'wanted'>,
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly refreshMs: number,
  ) {}

  /** What these workspaces want; null = nothing, so that no event has to be made. */
  async of(workspaceIds: Iterable<string>, tx?: Transaction): Promise<Wants | null> {
    const now = this.clock.monotonic()
    const asked = new Set(workspaceIds)
    const missing = [...asked].filter((id) => (this.known.get(id)?.until ?? Number.NEGATIVE_INFINITY) <= now)
    if (missing.length > 0) await this.lookUp(missing, now, tx)
    const wishes = new Map([...asked].map((id) => [id, this.known.get(id)?.wish ?? 'none']))
    if ([...wishes.values()].every((wish) => wish === 'none')) return null
    return (workspaceId, type) => {
      const wish = wishes.get(workspaceId) ?? 'none'
      return typeof wish === 'string' ? wish === 'every' : wish.has(type)
    }
  }

  /** Looks anew at what a workspace wants. */
  forget(workspaceId: string): void {
    this.known.delete(workspaceId)
  }

  private async lookUp(workspaceIds: readonly string[], now: number, tx?: Transaction): Promise<void> {
    const found = await this.store.wanted({ workspaceIds, ...(tx === undefined ? {} : { tx }) })
    if (this.known.size + workspaceIds.length > mostKnown) this.known.clear()
    for (const workspaceId of workspaceIds) {
      const lists = found.filter((one) => one.workspaceId === workspaceId).map(({ types }) => types)
      const wish: Wish =
        lists.length === 0 ? 'none' : lists.some((types) => types.length === 0) ? 'every' : new Set(lists.flat())
      this.known.set(workspaceId, { wish, until: now + this.refreshMs })
    }
  }
}
