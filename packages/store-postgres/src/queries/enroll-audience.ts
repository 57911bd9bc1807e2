import type { InboxStore, RecipientStore } from '@drumbeat/core'
import { campaignAt, holdStretch, moveCursor, type Stretch } from './activation-cursor.js'
import { boundAfter, filterOf, idsSatisfying } from './audience.js'
import type { QueryContext } from './context.js'
import { enterStretch, type Zones, zonesOf } from './enter-stretch.js'

type Request = Parameters<RecipientStore['enrollAudience']>[0]

/** Fewer contacts are not worth a second connection. */
const leastSideBySide = 10_000

/**
 * Begins the runs of an audience's next contacts where they lie: nobody is read into the process, unless SQL cannot say who is in it.
 * Many are taken in two halves side by side, each in a transaction of its own.
 */
export async function enrollAudience(
  context: QueryContext,
  events: InboxStore['events'],
  request: Request,
): Promise<{ readonly enrolled: number }> {
  const { database } = context
  const [first, second] = await halvesOf(context, request)
  const whole = { ...first, to: (second ?? first).to }
  // Read beforehand, so that no half waits for a lane that the other has made.
  const zones = await database.write((connection) => zonesOf(context, connection, request, { ...whole, ids: null }))
  const half = { context, events, request, zones }
  const beside: { enrolled?: Promise<number> } = {}
  const enrolled = enterFirst(half, first, () => {
    if (second === undefined || beside.enrolled !== undefined) return
    beside.enrolled = enterSecond(half, second)
    void Promise.allSettled([beside.enrolled])
  })
  await Promise.allSettled([enrolled])
  await Promise.allSettled([beside.enrolled])
  return { enrolled: (await enrolled) + ((await beside.enrolled) ?? 0) }
}

/** What both halves need. */
interface Half {
  readonly context: QueryContext
  readonly events: InboxStore['events']
  readonly request: Request
  readonly zones: Zones
}

/** Holds the campaign's cursor while it enters its contacts. `onHeld` is called once the cursor is held where the stretch begins. */
async function enterFirst(half: Half, stretch: Stretch, onHeld: () => void): Promise<number> {
  const { context, request, zones } = half
  const ids = await idsIn(half, stretch)
  return context.database.write(async (connection) => {
    await holdStretch(context, connection, stretch)
    const campaign = await campaignAt(context, connection, stretch)
    if (campaign === null) return 0
    onHeld()
    const enrolled = await enterStretch(context, connection, request, { ...stretch, ids }, zones)
    await moveCursor(context, connection, campaign, stretch, enrolled)
    return enrolled
  })
}

/** Enters its contacts while the first half holds the cursor, then takes it over; or takes everything back if it is not handed over. */
async function enterSecond(half: Half, stretch: Stretch): Promise<number> {
  const { context, request, zones } = half
  const ids = await idsIn(half, stretch)
  return context.database.write(async (connection) => {
    await holdStretch(context, connection, stretch)
    await connection.query('SAVEPOINT ahead')
    const enrolled = await enterStretch(context, connection, request, { ...stretch, ids }, zones)
    const campaign = await campaignAt(context, connection, stretch)
    if (campaign === null) {
      await connection.query('ROLLBACK TO SAVEPOINT ahead')
      return 0
    }
    await moveCursor(context, connection, campaign, stretch, enrolled)
    return enrolled
  })
}

/** The next contacts, in one stretch or in two that follow each other. */
async function halvesOf(context: QueryContext, request: Request): Promise<readonly [Stretch, Stretch?]> {
  const { workspaceId, campaignId, from, limit } = request
  const next = async (after: string | null, count: number): Promise<Stretch> => {
    return { workspaceId, campaignId, from: after, to: await boundAfter(context, workspaceId, { after, count }) }
  }
  if (limit < leastSideBySide) return [await next(from, limit)]
  const count = Math.ceil(limit / 2)
  const first = await next(from, count)
  return first.to === null ? [first] : [first, await next(first.to, limit - count)]
}

/** Who of a stretch is in the audience, where SQL cannot say it; null = it can. */
async function idsIn({ context, events, request }: Half, { from, to }: Stretch): Promise<readonly string[] | null> {
  const { workspaceId, where } = request
  if (where === null || filterOf(where, context.s, 1).isExact) return null
  return idsSatisfying(context, events, { workspaceId, after: from, end: to, where })
}
