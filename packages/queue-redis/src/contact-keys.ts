/** Into how many hash tags a workspace's contacts are spread, so that a Cluster shares out the large ones. */
const shards = 16

/** The contacts of a workspace whose keys share a hash tag: what one step on a Cluster can touch. */
export interface ContactGroup {
  readonly contactIds: readonly string[]
  readonly keys: readonly string[]
}

/** Groups contacts by the hash tag of their keys, `{drumbeat:contact:acme:7}:ana`. Each contact comes once. */
export function contactGroups(
  prefix: string,
  { workspaceId, contactIds }: { readonly workspaceId: string; readonly contactIds: readonly string[] },
): readonly ContactGroup[] {
  const groups = new Map<string, { contactIds: string[]; keys: string[] }>()
  for (const contactId of new Set(contactIds)) {
    const tag = `{${prefix}:contact:${encodeURIComponent(workspaceId)}:${shardOf(contactId)}}`
    const group = groups.get(tag) ?? { contactIds: [], keys: [] }
    groups.set(tag, group)
    group.contactIds.push(contactId)
    group.keys.push(`${tag}:${contactId}`)
  }
  return [...groups.values()]
}

/** The same in every process. */
function shardOf(contactId: string): number {
  let hash = 0
  for (let index = 0; index < contactId.length; index++) hash = (Math.imul(hash, 31) + contactId.charCodeAt(index)) | 0
  return (hash >>> 0) % shards
}
