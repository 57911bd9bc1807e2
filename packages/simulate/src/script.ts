import {
  ConfigurationError,
  type Consent,
  type ContactInput,
  type InstantInput,
  type JsonObject,
  type SuppressionReason,
  toInstant,
  type Workspace,
} from '@drumbeat/core'
import type { Happening } from './agenda.js'

/**
 * Something that a script has happen to a contact. What lies before the beginning is known from the start, such as an event of last
 * year; what lies after the end does not happen.
 */
export type ScriptedHappening = { readonly at: InstantInput; readonly contactId: string } & (
  | { readonly event: string; readonly data?: JsonObject }
  /** The host changes the contact, or creates it. */
  | { readonly changes: Omit<ContactInput, 'id'> }
  /** The contact writes, from the address that is known for the channel. Without one nothing happens. */
  | { readonly inbound: { readonly channel: string; readonly text: string; readonly automatic?: boolean } }
  | { readonly consent: { readonly channel: string; readonly topic?: string; readonly status: Consent['status'] } }
  /** The contact's address is closed. Without one nothing happens. */
  | { readonly suppress: { readonly channel: string; readonly topic?: string; readonly reason?: SuppressionReason } }
  /** The host enrolls the contact; with a key, as a run of its own. */
  | { readonly enroll: true | { readonly key: string } }
  | { readonly withdraw: true | { readonly reason: string } }
)

const kinds = ['event', 'changes', 'inbound', 'consent', 'suppress', 'enroll', 'withdraw'] as const

/** What a script is played in. */
export interface Cast {
  readonly campaignId: string
  /** Who takes part from the beginning. */
  readonly contactIds: ReadonlySet<string>
  readonly channels: readonly string[]
  /** Told of every part of a contact that could not be taken. */
  readonly onProblem: (problem: { readonly contactId: string; readonly problem: string }) => void
}

/**
 * Makes a script one that can take place.
 * @throws {ConfigurationError} naming the happening, what is wrong with it, and what is legal.
 */
export function readScript(script: readonly ScriptedHappening[], cast: Cast): readonly Happening[] {
  if (!Array.isArray(script)) throw new ConfigurationError('script is not a list of happenings.')
  const everybody = new Set(cast.contactIds)
  for (const one of script)
    if (typeof one === 'object' && one !== null && 'changes' in one) everybody.add(one.contactId)
  return script.map((one, index) => {
    check(one, `script[${index}]`, everybody, cast.channels)
    const at = toInstant(one.at, `script[${index}].at`)
    return { at, takePlace: (workspace) => takePlace(workspace, one, at, cast) }
  })
}

function check(
  one: ScriptedHappening,
  what: string,
  everybody: ReadonlySet<string>,
  channels: readonly string[],
): void {
  const named = kinds.filter((kind) => typeof one === 'object' && one !== null && kind in one)
  if (named.length !== 1) {
    const said = named.length === 0 ? 'none of them' : named.join(' and ')
    throw new ConfigurationError(`${what} has to say one of ${kinds.join(', ')}; it says ${said}.`)
  }
  if (!everybody.has(one.contactId)) {
    throw new ConfigurationError(
      `${what}.contactId is ${JSON.stringify(one.contactId)}, who takes no part; name one of \`contacts\`, or one that the script creates by \`changes\`.`,
    )
  }
  const about =
    'inbound' in one ? one.inbound : 'consent' in one ? one.consent : 'suppress' in one ? one.suppress : null
  if (about !== null && !channels.includes(about.channel)) {
    throw new ConfigurationError(
      `${what} names the channel ${JSON.stringify(about.channel)}; configured are ${channels.join(', ')}.`,
    )
  }
}

async function takePlace(
  workspace: Workspace,
  one: ScriptedHappening,
  at: number,
  { campaignId, onProblem }: Cast,
): Promise<unknown> {
  const { contactId } = one
  if ('event' in one) {
    const { event, data } = one
    return workspace.track({ contactId, event, at, ...(data === undefined ? {} : { data }) })
  }
  if ('changes' in one) {
    const { problems } = await workspace.contacts.import([{ ...one.changes, id: contactId }])
    return problems.forEach(onProblem)
  }
  if ('consent' in one) return workspace.contacts.consent(contactId, { source: 'script', ...one.consent })
  if ('enroll' in one)
    return workspace.enroll(campaignId, contactId, { at, ...(one.enroll === true ? {} : one.enroll) })
  if ('withdraw' in one) return workspace.withdraw(campaignId, contactId, one.withdraw === true ? {} : one.withdraw)
  const { addresses } = await workspace.contacts.get(contactId)
  const about = 'inbound' in one ? one.inbound : one.suppress
  const address = Object.hasOwn(addresses, about.channel) ? addresses[about.channel] : undefined
  if (address === undefined) return
  return 'inbound' in one
    ? workspace.receive({ ...one.inbound, from: address, at })
    : workspace.contacts.suppress({ ...one.suppress, address })
}
