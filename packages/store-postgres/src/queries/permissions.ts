import {
  addressKey,
  type Consent,
  contactKey,
  type PermissionChange,
  type Permissions,
  type Suppression,
} from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { arrayLiteral } from '../sql/array-literal.js'
import { batch } from '../sql/batch.js'
import { byIndex } from '../sql/by-index.js'
import { keyHash } from '../sql/key-hash.js'
import { keyOf, rounds } from '../sql/rounds.js'
import { together } from '../sql/together.js'
import { instant, int, ms } from '../sql/values.js'

/** Whose permissions are asked for, and under which addresses. */
export interface PermissionKey {
  readonly workspaceId: string
  readonly contactId: string
  readonly addresses: { readonly [channel: string]: string }
}

interface AddressRow {
  readonly workspaceId: string
  readonly channel: string
  readonly address: string
}

const addressRows = batch<AddressRow>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  channel: ['text', ({ channel }) => channel],
  address_key: ['text', ({ address }) => addressKey(address)],
})

const contactRows = batch<Pick<PermissionKey, 'workspaceId' | 'contactId'>>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  contact_id: ['text', ({ contactId }) => contactId],
})

/** The keyed hash of an address in a workspace: HMAC in its short form, a hash over the key and the parts, each with its length. */
function hashOf(s: string, workspaceId: string, channel: string, address: string): string {
  const part = (text: string): string => `convert_to(length(${text})::text || ':' || ${text}, 'UTF8')`
  return `sha256((select hash_key from ${s}.installation) || ${part(workspaceId)} || ${part(channel)} || ${part(address)})`
}

/** Consents and suppressions by contact key; every key has an entry. */
export async function readPermissions(
  query: Connection['query'],
  s: string,
  keys: readonly PermissionKey[],
): Promise<ReadonlyMap<string, Permissions>> {
  const found = new Map<string, { consents: Consent[]; suppressions: Suppression[] }>()
  for (const key of keys) found.set(contactKey(key), { consents: [], suppressions: [] })
  if (keys.length === 0) return found
  const addresses = keys.flatMap((key) =>
    Object.entries(key.addresses).map(([channel, address]) => ({
      key: contactKey(key),
      workspaceId: key.workspaceId,
      channel,
      address,
    })),
  )
  const [consents, suppressions] = await together([readConsents(query, s, keys), readSuppressions(query, s, addresses)])
  for (const { workspaceId, contactId, ...consent } of consents) {
    found.get(contactKey({ workspaceId, contactId }))?.consents.push(consent)
  }
  for (const { n, topic, reason, at } of suppressions) {
    const asked = addresses[n - 1]
    if (asked !== undefined) {
      found.get(asked.key)?.suppressions.push({ channel: asked.channel, address: asked.address, topic, reason, at })
    }
  }
  return found
}

function readConsents(query: Connection['query'], s: string, keys: readonly PermissionKey[]) {
  return query<Consent & { readonly workspaceId: string; readonly contactId: string }>(
    `select c.workspace_id as "workspaceId", c.contact_id as "contactId", c.channel, c.topic, c.status, ${ms('c.at')} as at, c.source
     from ${contactRows.from('t')} ${byIndex(
       `select * from ${s}.contact_consents c where c.workspace_id = t.workspace_id and c.contact_id = t.contact_id`,
       'c',
     )} order by c.at, c.channel, c.topic_key`,
    contactRows.params(keys),
  )
}

async function readSuppressions(query: Connection['query'], s: string, addresses: readonly AddressRow[]) {
  if (addresses.length === 0) return []
  return query<{ readonly n: number } & Pick<Suppression, 'topic' | 'reason' | 'at'>>(
    `select t.n::float8 as n, x.topic, x.reason, ${ms('x.at')} as at
     from ${addressRows.numbered('t')} ${byIndex(
       `select * from ${s}.suppressions x where x.address_hash = ${hashOf(s, 't.workspace_id', 't.channel', 't.address_key')}`,
       'x',
     )} order by x.at, x.topic_key, x.reason`,
    addressRows.params(addresses),
  )
}

/** A permission change of a workspace. */
export interface ScopedChange {
  readonly workspaceId: string
  readonly change: PermissionChange
}

type Of<Kind> = { readonly workspaceId: string } & Extract<PermissionChange, { kind: Kind }>

const consentRows = batch<Of<'consent'>>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  contact_id: ['text', ({ contactId }) => contactId],
  channel: ['text', ({ consent }) => consent.channel],
  topic: ['text', ({ consent }) => consent.topic],
  status: ['text', ({ consent }) => consent.status],
  at: ['timestamptz', ({ consent }) => instant(consent.at)],
  source: ['text', ({ consent }) => consent.source],
})

const suppressionRows = batch<Of<'suppress'>>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  channel: ['text', ({ suppression }) => suppression.channel],
  address_key: ['text', ({ suppression }) => addressKey(suppression.address)],
  topic: ['text', ({ suppression }) => suppression.topic],
  reason: ['text', ({ suppression }) => suppression.reason],
  at: ['timestamptz', ({ suppression }) => instant(suppression.at)],
})

const causes = batch<string>({ cause: ['text', (cause) => cause] })

/** Keeps what causes permission changes. False = one of it caused some before, and nothing is kept. */
export async function areNewCauses(
  connection: Connection,
  s: string,
  workspaceId: string,
  once: readonly string[],
): Promise<boolean> {
  const half = (n: 0 | 1): string => keyHash('$2::text', 't.cause', n)
  // Of two at the same moment the second one waits for the first at its keys, which are taken in one order.
  await connection.query('SAVEPOINT causes')
  const [row] = await connection.query<{ kept: number }>(
    `with kept as (
       insert into ${s}.permission_causes (high, low) select distinct ${half(0)} as high, ${half(1)} as low from ${causes.from('t')}
       order by 1, 2 on conflict do nothing returning 1)
     select ${int('count(*)')} as kept from kept`,
    [...causes.params(once), workspaceId],
  )
  if (row?.kept === new Set(once).size) return true
  await connection.query('ROLLBACK TO SAVEPOINT causes')
  return false
}

/** Writes permission changes in their order; the later `at` wins, and at one instant the later change. */
export async function changePermissions(
  connection: Connection,
  s: string,
  changes: readonly ScopedChange[],
): Promise<void> {
  for (const round of rounds(changes, targetOf)) {
    const of = <Kind extends PermissionChange['kind']>(kind: Kind): Of<Kind>[] =>
      round.flatMap(({ workspaceId, change }) => (change.kind === kind ? [{ workspaceId, ...change } as Of<Kind>] : []))
    const [consents, suppressions, lifts] = [of('consent'), of('suppress'), of('lift')]
    if (consents.length > 0) {
      await connection.query(
        `insert into ${s}.contact_consents as c (${consentRows.columns}) select ${consentRows.columns} from ${consentRows.from('t')}
         on conflict (workspace_id, contact_id, channel, topic_key)
         do update set status = excluded.status, at = excluded.at, source = excluded.source
         where c.at < excluded.at or (c.at = excluded.at and (c.status <> 'revoked' or excluded.status = 'revoked'))`,
        consentRows.params(consents),
      )
    }
    if (suppressions.length > 0) {
      await connection.query(
        `insert into ${s}.suppressions as x (address_hash, workspace_id, channel, topic, reason, at)
         select ${hashOf(s, 't.workspace_id', 't.channel', 't.address_key')}, workspace_id, channel, topic, reason, at
         from ${suppressionRows.from('t')}
         on conflict (address_hash, topic_key, reason) do update set at = excluded.at where x.at <= excluded.at`,
        suppressionRows.params(suppressions),
      )
    }
    for (const { workspaceId, channel, address, reasons } of lifts) {
      await connection.query(
        `delete from ${s}.suppressions where address_hash = ${hashOf(s, '$1::text', '$2::text', '$3::text')} and reason = any($4::text[])`,
        [workspaceId, channel, addressKey(address), arrayLiteral(reasons)],
      )
    }
  }
}

function targetOf({ workspaceId, change }: ScopedChange): string {
  if (change.kind === 'consent')
    return keyOf(
      'consent',
      workspaceId,
      change.contactId,
      change.consent.channel,
      change.consent.topic ?? '',
      change.consent.topic === null ? 0 : 1,
    )
  const address = change.kind === 'suppress' ? change.suppression : change
  return keyOf('address', workspaceId, address.channel, addressKey(address.address))
}
