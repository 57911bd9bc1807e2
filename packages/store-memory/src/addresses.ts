import { addressKey, type Suppression, sha256 } from '@drumbeat/core'
import { keyOf } from './keys.js'
import type { State, StoredSuppression } from './state.js'

/** One address of a workspace. */
export interface AddressOf {
  readonly workspaceId: string
  readonly channel: string
  readonly address: string
}

/** Where an address is looked up. */
export function bucketKey({ workspaceId, channel, address }: AddressOf): string {
  return keyOf(workspaceId, channel, addressKey(address))
}

/** The keys under which a contact's addresses are found. */
export function addressKeys(workspaceId: string, addresses: { readonly [channel: string]: string }): readonly string[] {
  return Object.entries(addresses).map(([channel, address]) => bucketKey({ workspaceId, channel, address }))
}

/** The suppressions of an address, also those that were left when its owner was erased. */
export function suppressionsAt(state: State, at: AddressOf): readonly Suppression[] {
  const rows = bucketsOf(state, at).flatMap((bucket = '') => state.suppressionsOf.of(bucket))
  return rows.map(({ suppression }) => ({ ...suppression, address: at.address }))
}

/** Adds a suppression; of two of one address, topic and reason the later one stays. */
export function suppress(state: State, workspaceId: string, suppression: Suppression): void {
  const at = { workspaceId, channel: suppression.channel, address: suppression.address }
  const [plain, hashed] = bucketsOf(state, at)
  if (hashed === undefined || state.suppressionsOf.of(hashed).length === 0) put(state, { bucket: plain, suppression })
  else put(state, { bucket: hashed, suppression: { ...suppression, address: '' } })
}

/** Lifts the suppressions of an address for these reasons. */
export function lift(state: State, at: AddressOf, reasons: readonly Suppression['reason'][]): void {
  for (const bucket of bucketsOf(state, at)) {
    if (bucket === undefined) continue
    for (const row of state.suppressionsOf.of(bucket)) {
      if (reasons.includes(row.suppression.reason)) state.suppressions.delete(suppressionKey(row))
    }
  }
}

/** Keeps the suppressions of an address under its keyed hash, and the address nowhere. */
export function forgetAddress(state: State, at: AddressOf): void {
  for (const row of state.suppressionsOf.of(bucketKey(at))) {
    state.suppressions.delete(suppressionKey(row))
    put(state, { bucket: hashedBucket(state, at), suppression: { ...row.suppression, address: '' } })
  }
}

function put(state: State, row: StoredSuppression): void {
  const known = state.suppressions.get(suppressionKey(row))
  if (known !== undefined && known.suppression.at > row.suppression.at) return
  state.suppressions.set(suppressionKey(row), row)
}

function suppressionKey({ bucket, suppression: { topic, reason } }: StoredSuppression): string {
  return keyOf(bucket, topic === null ? '' : `topic ${topic}`, reason)
}

/** Where suppressions of the address may be: under itself and, when anybody has been erased, under its hash. */
function bucketsOf(state: State, at: AddressOf): readonly [plain: string, hashed?: string] {
  const anyErased = state.suppressionsOfErased.groups().length > 0
  return anyErased ? [bucketKey(at), hashedBucket(state, at)] : [bucketKey(at)]
}

/** Keyed inside and outside, as in HMAC, so that nobody without the key can tell whose address it was. */
function hashedBucket(state: State, at: AddressOf): string {
  return sha256(state.hashKey + sha256(state.hashKey + bucketKey(at)))
}
