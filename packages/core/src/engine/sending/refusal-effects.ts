import type { PermissionChange } from '../../contact/permission-change.js'
import type { SuppressionReason } from '../../contact/suppression.js'
import type { Delivery } from '../../delivery/delivery.js'
import type { RejectionReason } from '../../ports/channel.js'
import type { Instant } from '../../schedule/instant.js'

const suppresses: ReadonlyMap<RejectionReason, SuppressionReason> = new Map([
  ['recipient', 'invalid'],
  ['opted_out', 'unsubscribed'],
])

/**
 * What a refusal for good says about the address: one that cannot be reached, or whose owner has opted out at the provider, is closed on
 * the whole channel. A refused content says nothing about it.
 */
export function refusalEffects(
  { channel, address }: Pick<Delivery, 'channel' | 'address'>,
  refused: RejectionReason | undefined,
  at: Instant,
): readonly PermissionChange[] {
  const reason = refused === undefined ? undefined : suppresses.get(refused)
  if (reason === undefined || address === null) return []
  return [{ kind: 'suppress', suppression: { channel, address, topic: null, reason, at } }]
}
