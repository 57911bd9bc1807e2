import type { Store } from '@drumbeat/core'
import { Entrance } from './call.js'
import { memoryCampaigns } from './memory-campaigns.js'
import { memoryContacts } from './memory-contacts.js'
import { memoryControl } from './memory-control.js'
import { memoryDeliveries } from './memory-deliveries.js'
import { memoryInbox } from './memory-inbox.js'
import { memoryOutbox } from './memory-outbox.js'
import { memoryRecipients } from './memory-recipients.js'
import { memoryTemplates } from './memory-templates.js'
import { State } from './state.js'

/** How a memory store is made. */
export interface MemoryStoreOptions {
  /** Keys the hashes under which suppressions of erased people are kept. Default: random. */
  readonly key?: string
}

/**
 * A store that keeps everything in this process and nothing beyond it: for tests, simulations and the browser, and the reference
 * that other stores are compared with. Usable at once; every method is atomic, and what it returns is frozen.
 */
export function memoryStore({ key = randomKey() }: MemoryStoreOptions = {}): Store {
  const state = new State(key)
  const entrance = new Entrance(state)
  const { call } = entrance
  return {
    kind: 'memory',
    control: memoryControl(state, call),
    campaigns: memoryCampaigns(state, call),
    templates: memoryTemplates(state, call),
    contacts: memoryContacts(state, call),
    recipients: memoryRecipients(state, call),
    deliveries: memoryDeliveries(state, call),
    inbox: memoryInbox(state, call),
    outbox: memoryOutbox(state, call),
    open: () => call({}, () => undefined),
    close: () => entrance.close(),
    transaction: (work) => entrance.transaction(work),
  }
}

function randomKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(32))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
