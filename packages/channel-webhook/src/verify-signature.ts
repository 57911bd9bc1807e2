import { timingSafeEqual } from 'node:crypto'
import { headerOf, type RawReport } from '@drumbeat/core'
import { signatureBy } from './sign.js'

/** How far the clocks of both sides may be apart, and how old a request may be. */
const toleranceMs = 5 * 60 * 1000

/** Whether one of the keys signed the request within the last five minutes. */
export function verifySignature(report: RawReport, keys: readonly Uint8Array[]): boolean {
  const id = headerOf(report, 'webhook-id')
  const timestamp = headerOf(report, 'webhook-timestamp')
  const given = (headerOf(report, 'webhook-signature') ?? '').split(' ').filter((part) => part.startsWith('v1,'))
  if (id === null || timestamp === null || !/^\d{1,12}$/.test(timestamp) || given.length > 20) return false
  if (Math.abs(report.receivedAt - Number(timestamp) * 1000) > toleranceMs) return false
  const expected = keys.map((key) => `v1,${signatureBy(key, id, timestamp, report.body)}`)
  return expected.filter((one) => given.some((signature) => isEqual(one, signature))).length > 0
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
