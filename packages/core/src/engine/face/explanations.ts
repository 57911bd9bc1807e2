import { contactKey } from '../../ports/store-contacts.js'
import { type Explanation, explain } from '../../recipient/explain.js'
import type { Recipient } from '../../recipient/recipient.js'
import type { EngineContext } from '../context.js'
import { definitionKey, loadContacts, loadDefinitions } from '../load.js'

/** Where runs of one contact are and why, in the order given; a run whose campaign is gone has no answer. */
export async function explainRuns(
  context: EngineContext,
  key: { readonly workspaceId: string; readonly contactId: string },
  runs: readonly Recipient[],
): Promise<readonly Explanation[]> {
  const { store } = context
  const { workspaceId } = key
  const contact = (await loadContacts(context, [key])).get(contactKey(key)) ?? null
  const deliveries = await store.deliveries.ofRecipients(runs.map(({ id }) => ({ workspaceId, recipientId: id })))
  const definitions = await loadDefinitions(context, runs)
  const closed = await store.control.closedGates({ workspaceIds: [workspaceId] })
  return runs.flatMap((recipient) => {
    const definition = definitions.get(definitionKey(recipient))
    if (definition === undefined) return []
    return [explain({ definition, recipient, contact, deliveries: deliveries.get(recipient.id) ?? [], closed })]
  })
}
