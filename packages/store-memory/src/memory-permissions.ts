import { type Consent, contactKey, type PermissionChange } from '@drumbeat/core'
import { lift, suppress } from './addresses.js'
import { keyOf } from './keys.js'
import type { State } from './state.js'

/** Writes one permission change. */
export function changePermission(state: State, workspaceId: string, change: PermissionChange): void {
  if (change.kind === 'consent') {
    const contact = contactKey({ workspaceId, contactId: change.contactId })
    putConsent(state, contact, change.consent)
  } else if (change.kind === 'suppress') {
    suppress(state, workspaceId, change.suppression)
  } else {
    lift(state, { workspaceId, ...change }, change.reasons)
  }
}

function putConsent(state: State, contact: string, said: Consent): void {
  const key = keyOf(contact, said.channel, said.topic === null ? '' : `topic ${said.topic}`)
  const known = state.consents.get(key)
  if (known !== undefined && (known.at > said.at || (known.at === said.at && known.status === 'revoked'))) return
  state.consents.set(key, { ...said, contact })
}
