import type { Journal } from './journal.js'

/** What follows a table: an index, or any other view of its rows. Called for undone writes too. */
export type Follower<Row> = (before: Row | undefined, after: Row | undefined) => void

/** Rows by key, kept as `keep` makes them of what is put in: nobody can change them. Every write can be taken back through the journal. */
export class Table<Key, Row extends object, Given = Row> {
  private readonly rows = new Map<Key, Row>()
  private readonly followers: Follower<Row>[] = []

  constructor(
    private readonly journal: Journal,
    private readonly keep: (given: Given) => Row,
  ) {}

  get(key: Key): Row | undefined {
    return this.rows.get(key)
  }

  has(key: Key): boolean {
    return this.rows.has(key)
  }

  set(key: Key, given: Given): Row {
    const row = this.keep(given)
    this.put(key, row)
    return row
  }

  delete(key: Key): boolean {
    if (!this.rows.has(key)) return false
    this.put(key, undefined)
    return true
  }

  /** All rows, in no particular order. */
  values(): Row[] {
    return [...this.rows.values()]
  }

  get size(): number {
    return this.rows.size
  }

  follow(follower: Follower<Row>): void {
    this.followers.push(follower)
  }

  /** Finds rows by what `groupOf` says of them; null = the row is in no group. */
  index(groupOf: (row: Row) => string | null): Index<Row> {
    return this.indexMany((row) => {
      const group = groupOf(row)
      return group === null ? [] : [group]
    })
  }

  /** Finds rows by each of the groups that `groupsOf` puts them in. */
  indexMany(groupsOf: (row: Row) => readonly string[]): Index<Row> {
    const groups = new Map<string, Group<Row>>()
    this.follow((before, after) => {
      if (before !== undefined) for (const group of groupsOf(before)) leave(groups, group, before)
      if (after !== undefined) for (const group of groupsOf(after)) join(groups, group, after)
    })
    return { of: (group) => rowsOf(groups.get(group)), groups: () => [...groups.keys()] }
  }

  private put(key: Key, after: Row | undefined): void {
    const before = this.rows.get(key)
    this.write(key, before, after)
    this.journal.note(() => this.write(key, after, before))
  }

  private write(key: Key, before: Row | undefined, after: Row | undefined): void {
    if (after === undefined) this.rows.delete(key)
    else this.rows.set(key, after)
    for (const follow of this.followers) follow(before, after)
  }
}

/** Rows by group. */
export interface Index<Row> {
  /** The rows of a group, in no particular order. */
  of(group: string): Row[]
  /** The groups that have rows. */
  groups(): string[]
}

/** One row, as it is in most groups, or a set of several: a set takes as much memory as a row does. */
type Group<Row> = Row | Set<Row>

function rowsOf<Row>(group: Group<Row> | undefined): Row[] {
  if (group === undefined) return []
  return group instanceof Set ? [...group] : [group]
}

function join<Row>(groups: Map<string, Group<Row>>, name: string, row: Row): void {
  const group = groups.get(name)
  if (group === undefined) groups.set(name, row)
  else if (group instanceof Set) group.add(row)
  else if (group !== row) groups.set(name, new Set([group, row]))
}

function leave<Row>(groups: Map<string, Group<Row>>, name: string, row: Row): void {
  const group = groups.get(name)
  if (group instanceof Set) group.delete(row)
  if (group === row || (group instanceof Set && group.size === 0)) groups.delete(name)
}
