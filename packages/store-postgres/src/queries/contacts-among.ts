import type { Condition } from '@drumbeat/core'
import type { Param } from '../connection/connection.js'
import { arrayLiteral } from '../sql/array-literal.js'
import type { Stretch } from './activation-cursor.js'
import { filterOf } from './audience.js'
import type { QueryContext } from './context.js'

/** Contacts of a stretch. */
export interface Among extends Pick<Stretch, 'from' | 'to'> {
  /** Who of them; null = all whom SQL finds in the audience. */
  readonly ids: readonly string[] | null
}

/** The contacts that are meant, as a condition on `c` whose parameters come first in a statement. */
export function contactsAmong(
  { s }: Pick<QueryContext, 's'>,
  { workspaceId, where }: { readonly workspaceId: string; readonly where: Condition | null },
  { from, to, ids }: Among,
) {
  const filter = filterOf(where, s, 5)
  const values: readonly Param[] = [
    workspaceId,
    from ?? '',
    to,
    ids === null ? null : arrayLiteral(ids),
    ...filter.values,
  ]
  // Many ids: a subquery is hashed, where each contact would be compared with each element of an array.
  const named = ids === null ? '$4::text[] is null' : 'c.contact_id in (select unnest($4::text[]))'
  return {
    text: `c.workspace_id = $1 and c.contact_id > $2 and ($3::text is null or c.contact_id <= $3) and ${named} and ${filter.text}`,
    values,
  }
}
