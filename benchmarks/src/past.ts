import type { Store } from '@drumbeat/core'
import type pg from 'pg'
import { engineOn, mailsEach, recordingChannel, workspaceId } from './contestants/drumbeat-engine.js'
import { copyDeliveries } from './many-rows.js'

/** As many deliveries as a campaign of some years leaves. */
export const past = 10_000_000

/** Sends the mails of whoever is due, reports them delivered, and copies what that leaves until there are so many. */
export async function writePast(pool: pg.Pool, store: Store, deliveries: number): Promise<void> {
  const refs: string[] = []
  const drumbeat = engineOn(store, {}, recordingChannel(refs))
  await drumbeat.tick()
  await drumbeat.workspace(workspaceId).report(
    refs.map((deliveryRef) => ({
      delivery: { deliveryRef },
      dedupeKey: deliveryRef,
      facts: [{ kind: 'delivered' as const, at: Date.now() }],
    })),
  )
  await drumbeat.tick()
  if (deliveries > 0) await copyDeliveries(pool, store, Math.ceil(deliveries / mailsEach))
}
