import type { Contact, JsonObject } from '@drumbeat/core'
import { fromJson } from '../sql/json.js'
import { ms } from '../sql/values.js'

/** A contact as it is read. */
export interface ContactRow {
  readonly workspaceId: string
  readonly id: string
  readonly addresses: string
  readonly zone: string | null
  readonly locale: string | null
  readonly attributes: string
  readonly tags: string
  readonly updatedAt: number
}

/** How a contact's columns are read, from `c`. */
export const contactColumns = `c.workspace_id as "workspaceId", c.contact_id as id, c.addresses::text as addresses, c.zone, c.locale,
  c.attributes::text as attributes, array_to_json(c.tags)::text as tags, ${ms('c.updated_at')} as "updatedAt"`

/** Reads a contact. */
export function contactOf(row: ContactRow): Contact {
  return {
    id: row.id,
    addresses: fromJson<Record<string, string>>(row.addresses),
    zone: row.zone,
    locale: row.locale,
    attributes: fromJson<JsonObject>(row.attributes),
    tags: fromJson<readonly string[]>(row.tags),
    updatedAt: row.updatedAt,
  }
}
