import {
  type ContactInput,
  type DeliveryReport,
  type Instant,
  type InstantInput,
  type JsonObject,
  toInstant,
  type Workspace,
} from '@drumbeat/core'

/** Something that a script has happen. */
export type ScriptedHappening = { readonly at: InstantInput; readonly contactId: string } & (
  | { readonly event: string; readonly data?: JsonObject }
  | { readonly changes: Omit<ContactInput, 'id'> }
  | { readonly inbound: { readonly channel: string; readonly text: string; readonly automatic?: boolean } }
)

/** Something that lies ahead on the virtual clock. */
export interface Happening {
  readonly at: Instant
  readonly takePlace?: (workspace: Workspace) => Promise<unknown>
  /** A provider's report, handed over together with the others of its instant. */
  readonly report?: DeliveryReport
}

/** Makes a scripted happening one that can take place. */
export function scripted(
  one: ScriptedHappening,
  addressOf: (contactId: string, channel: string) => string | undefined,
): Happening {
  const at = toInstant(one.at, 'script.at')
  const { contactId } = one
  if ('event' in one) {
    const { event, data } = one
    return {
      at,
      takePlace: (workspace) => workspace.track({ contactId, event, at, ...(data === undefined ? {} : { data }) }),
    }
  }
  if ('changes' in one)
    return { at, takePlace: (workspace) => workspace.contacts.import([{ ...one.changes, id: contactId }]) }
  const { channel, text, automatic } = one.inbound
  return {
    at,
    async takePlace(workspace) {
      const from = addressOf(contactId, channel)
      if (from === undefined) return
      await workspace.receive({ channel, from, text, at, ...(automatic === undefined ? {} : { automatic }) })
    },
  }
}

/** What lies ahead, soonest first; what was added first comes first at one instant. */
export class Agenda {
  private readonly ahead: { readonly happening: Happening; readonly order: number }[] = []
  private added = 0

  add(happening: Happening): void {
    const entry = { happening, order: this.added++ }
    let [low, high] = [0, this.ahead.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.ahead[middle]?.happening.at ?? 0) <= happening.at) low = middle + 1
      else high = middle
    }
    this.ahead.splice(low, 0, entry)
  }

  nextAt(): Instant | null {
    return this.ahead[0]?.happening.at ?? null
  }

  /** Takes what is due by `now`. */
  due(now: Instant): readonly Happening[] {
    let count = 0
    while ((this.ahead[count]?.happening.at ?? Number.POSITIVE_INFINITY) <= now) count++
    return this.ahead.splice(0, count).map(({ happening }) => happening)
  }
}
