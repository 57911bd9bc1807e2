import type { Contact } from '../contact/contact.js'

/** Reads contacts where the host keeps them. Without one, the Store keeps them. */
export interface ContactSource {
  /** The contacts that exist, in any order. */
  get(request: { readonly workspaceId: string; readonly contactIds: readonly string[] }): Promise<readonly Contact[]>
  /** One page of all contacts in id order; `next` null = the end. */
  page(request: {
    readonly workspaceId: string
    readonly after: string | null
    readonly limit: number
  }): Promise<{ readonly contacts: readonly Contact[]; readonly next: string | null }>
}
