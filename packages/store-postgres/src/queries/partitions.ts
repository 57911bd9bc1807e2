import { StorageError } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { int, literal } from '../sql/values.js'
import { type RangedTable, rangedTables } from '../tables/deliveries/ranges.js'
import type { QueryContext } from './context.js'

/** Shorter than a deadlock takes to be found, and than anybody notices: who waits for a lock makes others wait behind him. */
const lockTimeoutMs = 200
/** Reading a default that holds rows by mistake must not stop the sending for longer. */
const statementTimeoutMs = 5_000

interface Reach {
  /** Where the last range ends. */
  readonly end: number
  /** The highest id that was given out. */
  readonly given: number
}

/**
 * Makes the next range of each table once half of its last one is given out; returns how many were made. A range is made and attached
 * in a transaction of its own, so that no lock of one table is held while the other's is waited for. What fails, because a lock is held
 * or another engine is about it, is tried again the next time: rows without a range go to the default, and nothing is lost.
 */
export async function makeRanges(context: QueryContext): Promise<number> {
  let made = 0
  for (const table of rangedTables) if (await makeRange(context, table)) made++
  return made
}

async function makeRange({ database, s, idsPerRange }: QueryContext, table: RangedTable): Promise<boolean> {
  const isFarOff = ({ end, given }: Reach) => given < end - idsPerRange / 2
  try {
    const [seen] = await database.read<Reach>(reachOf(s, table))
    if (seen === undefined || isFarOff(seen)) return false
    return await database.write(
      async (connection) => {
        if (!(await isOurTurn(connection, s))) return false
        const [reach] = await connection.query<Reach>(reachOf(s, table))
        if (reach === undefined || isFarOff(reach)) return false
        await attach(connection, `${s}.${table.name}`, table.storage, nextRange(reach, idsPerRange))
        return true
      },
      { statementTimeoutMs },
    )
  } catch (error) {
    if (error instanceof StorageError) return false
    throw error
  }
}

/** One engine at a time makes or drops ranges; the others have nothing to do then. No lock is waited for long. */
export async function isOurTurn(connection: Connection, s: string): Promise<boolean> {
  await connection.query(`set local lock_timeout = ${lockTimeoutMs}`)
  const [row] = await connection.query<{ ours: boolean }>(
    `select pg_try_advisory_xact_lock(hashtextextended(${literal(`drumbeat/ranges/${s}`)}, 0)) as ours`,
  )
  return row?.ours === true
}

/** Where the last range leaves off or, when it was overrun, beyond all ids that are given out: the default may hold those. */
function nextRange({ end, given }: Reach, idsPerRange: number): { readonly from: number; readonly to: number } {
  const missed = given < end ? 0 : Math.floor((given - end) / idsPerRange) + 1
  const from = end + missed * idsPerRange
  return { from, to: from + idsPerRange }
}

async function attach(
  connection: Connection,
  table: string,
  storage: string,
  { from, to }: ReturnType<typeof nextRange>,
): Promise<void> {
  const range = `${table}_${from}`
  await connection.query(`create table ${range} (like ${table} including all) ${storage}`)
  await connection.query(`alter table ${table} attach partition ${range} for values from (${from}) to (${to})`)
}

function reachOf(s: string, { name }: RangedTable): string {
  return `select ${int('max(bound.upper::bigint)')} as end, ${int(`(select last_value from ${s}.delivery_ids)`)} as given
    from pg_inherits i join pg_class c on c.oid = i.inhrelid,
      substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \\(''(\\d+)''\\)') as bound(upper)
    where i.inhparent = ${literal(`${s}.${name}`)}::regclass
    having max(bound.upper::bigint) is not null`
}
