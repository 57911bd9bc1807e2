import type { InboxStore, RecipientStore } from '@drumbeat/core'
import { idsPerBlock } from '../tables/recipients/recipient-blocks.js'
import { campaignAt, holdStretch, moveCursor, type Stretch } from './activation-cursor.js'
import { boundAfter, filterOf, idsSatisfying } from './audience.js'
import { BeginningsByZone } from './beginnings-by-zone.js'
import type { QueryContext } from './context.js'
import { enterStretch } from './enter-stretch.js'

type Request = Parameters<RecipientStore['enrollAudience']>[0]

/** How many contacts enter in one transaction: as many as a block has ids for. */
const contactsEach = idsPerBlock

/**
 * Begins the runs of an audience's next contacts where they lie: nobody is read into the process, unless SQL cannot say who is in it.
 * Many are taken in stretches, two of which are always under way: each in a transaction of its own, which moves the cursor past it.
 */
export async function enrollAudience(
  context: QueryContext,
  events: InboxStore['events'],
  request: Request,
): Promise<{ readonly enrolled: number }> {
  const entering = { context, events, request, beginnings: new BeginningsByZone(context, request) }
  const turns = turnsOf(context, request)
  const hands = await Promise.allSettled([takeTurns(entering, turns), takeTurns(entering, turns)])
  return { enrolled: hands.reduce((sum, hand) => sum + resultOf(hand), 0) }
}

/** What all stretches need. */
interface Entering {
  readonly context: QueryContext
  readonly events: InboxStore['events']
  readonly request: Request
  readonly beginnings: BeginningsByZone
}

/** A stretch to be entered. */
interface Turn {
  readonly stretch: Stretch
  /** The one before it, from which it takes the cursor over; null = it is the first, and holds the cursor from its beginning. */
  readonly before: Stretch | null
  /** To be told whether the stretch is held, so that the next one may begin. What it is told first counts. */
  readonly hold: (isHeld: boolean) => void
}

/** The stretches of a call in their order. Each is given out once the one before it is held; the last one when it is not. */
async function* turnsOf(context: QueryContext, request: Request): AsyncGenerator<Turn, void> {
  const { workspaceId, campaignId, limit } = request
  let before: Stretch | null = null
  let from = request.from
  for (let left = limit; left > 0; left -= contactsEach) {
    const to = await boundAfter(context, workspaceId, { after: from, count: Math.min(left, contactsEach) })
    const stretch: Stretch = { workspaceId, campaignId, from, to }
    let hold: Turn['hold'] = () => {}
    const isHeld = new Promise<boolean>((resolve) => {
      hold = resolve
    })
    yield { stretch, before, hold }
    if (to === null || !(await isHeld)) return
    before = stretch
    from = to
  }
}

/** Takes one turn after the other until there are no more, or one finds the cursor elsewhere. Returns how many entered. */
async function takeTurns(entering: Entering, turns: AsyncGenerator<Turn, void>): Promise<number> {
  let enrolled = 0
  for await (const turn of turns) {
    const entered = await take(entering, turn).finally(() => turn.hold(false))
    if (entered === null) break
    enrolled += entered
  }
  return enrolled
}

/**
 * Enters a stretch and moves the cursor past it, or does neither and returns null when the cursor is not where it begins. A stretch that is
 * not the first is entered while the one before it may still be under way. It waits for that one's end in the database, where a wait is
 * no idling, then asks for the cursor; it takes everything back if the cursor was not handed over.
 */
async function take(entering: Entering, { stretch, before, hold }: Turn): Promise<number | null> {
  const { context, request, beginnings } = entering
  const ids = await idsIn(entering, stretch)
  const among = { ...stretch, ids }
  // Read beforehand, so that no stretch waits for a lane that another one has made.
  if (before === null) await context.database.write((connection) => beginnings.read(connection, among))
  return context.database.write(async (connection) => {
    await holdStretch(context, connection, stretch)
    const held = before === null ? await campaignAt(context, connection, stretch) : null
    if (before === null && held === null) return null
    hold(true)
    await connection.query('SAVEPOINT ahead')
    const enrolled = await enterStretch(context, connection, request, among, beginnings)
    if (before !== null) await holdStretch(context, connection, before)
    const campaign = held ?? (await campaignAt(context, connection, stretch))
    if (campaign === null) {
      await connection.query('ROLLBACK TO SAVEPOINT ahead')
      return null
    }
    await moveCursor(context, connection, campaign, stretch, enrolled)
    return enrolled
  })
}

/** Who of a stretch is in the audience, where SQL cannot say it; null = it can. */
async function idsIn({ context, events, request }: Entering, { from, to }: Stretch): Promise<readonly string[] | null> {
  const { workspaceId, where } = request
  if (where === null || filterOf(where, context.s, 1).isExact) return null
  return idsSatisfying(context, events, { workspaceId, after: from, end: to, where })
}

function resultOf(hand: PromiseSettledResult<number>): number {
  if (hand.status === 'rejected') throw hand.reason
  return hand.value
}
