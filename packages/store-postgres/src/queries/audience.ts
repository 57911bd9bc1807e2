import {
  asksFor,
  type Condition,
  type Contact,
  type ContactEvent,
  type ContactStore,
  contactKey,
  evaluate,
  type InboxStore,
  minInstant,
  type Permissions,
} from '@drumbeat/core'
import { type AudienceFilter, compileAudience } from '../audience/compile-audience.js'
import { int } from '../sql/values.js'
import { type ContactRow, contactColumns, contactOf } from './contact-rows.js'
import type { QueryContext } from './context.js'
import { limitOf } from './page.js'
import { readPermissions } from './permissions.js'

/**
 * How many contacts one statement looks at: at first few, since a page is mostly full by then, and at most so many that a rare audience
 * among millions is found in statements of a bounded length.
 */
const lookedAt = { first: 1_000, most: 100_000 }
const evaluatedAtOnce = 1000

/** Who is in an audience. */
export type AudienceQueries = Pick<ContactStore, 'page' | 'count'>

/** Pages and counts by the condition as SQL. `events` reads what the evaluator asks for where SQL does not do. */
export function audienceQueries(context: QueryContext, events: InboxStore['events']): AudienceQueries {
  const { database, s } = context
  const judged = async (
    workspaceId: string,
    contacts: readonly Contact[],
    where: Condition | null,
    { isExact }: AudienceFilter,
  ): Promise<readonly Contact[]> =>
    where === null || isExact ? contacts : satisfying(context, events, workspaceId, contacts, where)

  const page: ContactStore['page'] = async (request) => {
    const limit = limitOf(request)
    const { workspaceId, where } = request
    const filter = filterOf(where, s, 4)
    const found: Contact[] = []
    const atOnce = Math.max(limit, filter.isExact ? 0 : evaluatedAtOnce)
    let after = request.after ?? null
    for (let count = lookedAt.first; ; count = Math.min(count * 10, lookedAt.most)) {
      const end = where === null ? null : await boundAfter(context, workspaceId, { after, count })
      const rows = await database.read<ContactRow>(
        `select ${contactColumns} from ${s}.contacts c
         where c.workspace_id = $1 and c.contact_id > $2 and ($3::text is null or c.contact_id <= $3) and ${filter.text}
         order by c.contact_id limit ${atOnce + 1}`,
        [workspaceId, after ?? '', end, ...filter.values],
      )
      const candidates = rows.slice(0, atOnce).map(contactOf)
      const more = rows.length > atOnce
      found.push(...(await judged(workspaceId, candidates, where, filter)))
      const last = found[limit - 1]
      if (last !== undefined) {
        const goesOn = found.length > limit || more || end !== null
        return { contacts: found.slice(0, limit), next: goesOn ? last.id : null }
      }
      if (!more && end === null) return { contacts: found, next: null }
      after = more ? (candidates.at(-1)?.id ?? null) : end
    }
  }

  return {
    page,
    async count({ workspaceId, where, now }) {
      const filter = filterOf(where, s, 4)
      if (!filter.isExact) return countPages(page, { workspaceId, where, now })
      let count = 0
      let after: string | null = null
      do {
        const end: string | null = await boundAfter(context, workspaceId, { after, count: lookedAt.most })
        const [row] = await database.read<{ n: number }>(
          `select ${int('count(*)')} as n from ${s}.contacts c
           where c.workspace_id = $1 and c.contact_id > $2 and ($3::text is null or c.contact_id <= $3) and ${filter.text}`,
          [workspaceId, after ?? '', end, ...filter.values],
        )
        count += row?.n ?? 0
        after = end
      } while (after !== null)
      return count
    },
  }
}

/** The condition as SQL; null holds for everybody. */
export function filterOf(where: Condition | null, schema: string, firstParameter: number): AudienceFilter {
  if (where === null) return { text: 'true', values: [], isExact: true }
  return compileAudience(where, { schema, firstParameter })
}

/** The id of the contact that is `count` further on: up to which one statement looks. Null = there are not so many, it looks to the end. */
export async function boundAfter(
  { database, s }: QueryContext,
  workspaceId: string,
  { after, count }: { readonly after: string | null; readonly count: number },
): Promise<string | null> {
  const [row] = await database.readByKey<{ id: string }>(
    `select contact_id as id from ${s}.contacts where workspace_id = $1 and contact_id > $2
     order by contact_id offset $3::int limit 1`,
    [workspaceId, after ?? '', count - 1],
  )
  return row?.id ?? null
}

/** The ids of those in a range whom the evaluator finds in the audience. */
export async function idsSatisfying(
  context: QueryContext,
  events: InboxStore['events'],
  request: {
    readonly workspaceId: string
    readonly after: string | null
    readonly end: string | null
    readonly where: Condition
  },
): Promise<readonly string[]> {
  const { workspaceId, end, where } = request
  const filter = filterOf(where, context.s, 4)
  const ids: string[] = []
  let after = request.after ?? ''
  for (;;) {
    const rows = await context.database.read<ContactRow>(
      `select ${contactColumns} from ${context.s}.contacts c
       where c.workspace_id = $1 and c.contact_id > $2 and ($3::text is null or c.contact_id <= $3) and ${filter.text}
       order by c.contact_id limit ${evaluatedAtOnce}`,
      [workspaceId, after, end, ...filter.values],
    )
    const found = await satisfying(context, events, workspaceId, rows.map(contactOf), where)
    ids.push(...found.map(({ id }) => id))
    const last = rows.at(-1)
    if (last === undefined || rows.length < evaluatedAtOnce) return ids
    after = last.id
  }
}

async function countPages(
  page: ContactStore['page'],
  request: Omit<Parameters<ContactStore['page']>[0], 'after' | 'limit'>,
): Promise<number> {
  let count = 0
  let after: string | null = null
  do {
    const found: Awaited<ReturnType<ContactStore['page']>> = await page({ ...request, after, limit: evaluatedAtOnce })
    count += found.contacts.length
    after = found.next
  } while (after !== null)
  return count
}

/** Those of a page that satisfy a condition, judged by the one evaluator, with one query for the events and one for the consents it asks for. */
async function satisfying(
  { database, s }: QueryContext,
  events: InboxStore['events'],
  workspaceId: string,
  contacts: readonly Contact[],
  where: Condition,
): Promise<readonly Contact[]> {
  const needs = asksFor(where)
  const names = needs.events.map(({ name }) => name)
  const keys = contacts.map(({ id }) => ({ workspaceId, contactId: id }))
  const happened: ReadonlyMap<string, readonly ContactEvent[]> =
    names.length === 0 ? new Map() : await events(keys.map((key) => ({ ...key, names })))
  const permissions: ReadonlyMap<string, Permissions> =
    needs.consents.length === 0
      ? new Map()
      : await readPermissions(
          (text, params = []) => database.readByKey(text, params),
          s,
          keys.map((key) => ({ ...key, addresses: {} })),
        )
  return contacts.filter((contact) => {
    const key = contactKey({ workspaceId, contactId: contact.id })
    return evaluate(where, {
      contact,
      consents: permissions.get(key)?.consents ?? [],
      events: happened.get(key) ?? [],
      deliveries: [],
      arms: {},
      trigger: null,
      replies: {},
      enrolledAt: minInstant,
      stepEnteredAt: minInstant,
    })
  })
}
