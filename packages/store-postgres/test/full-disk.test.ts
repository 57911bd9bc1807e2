import { StorageError } from '@drumbeat/core'
import { pgliteStore } from '@drumbeat/store-postgres'
import { PGlite } from '@electric-sql/pglite'
import { expect, it } from 'vitest'

const save = { workspaceId: 'acme', settings: {} as never }

/** A real database that answers as it does on a full disk, from the moment that it is told to. */
function database(message: string): { readonly db: PGlite; fill(): void; readonly asked: string[] } {
  const db = new PGlite()
  const asked: string[] = []
  let isFull = false
  const transaction = db.transaction.bind(db)
  db.transaction = ((work: Parameters<typeof transaction>[0]) =>
    transaction(async (tx) => {
      const query = tx.query.bind(tx)
      tx.query = (async (text: string, ...rest: []) => {
        asked.push(text)
        if (isFull && /insert into/i.test(text)) throw Object.assign(new Error(message), { code: '53100' })
        return query(text, ...rest)
      }) as typeof tx.query
      return work(tx)
    })) as typeof db.transaction
  return {
    db,
    asked,
    fill() {
      isFull = !isFull
    },
  }
}

it('a full disk is told as such, reading goes on, and writing when there is space again', async () => {
  const { db, fill } = database('could not extend file "base/5/16566": No space left on device')
  const store = pgliteStore({ db, clock: 'caller' })
  await store.open()
  fill()
  const write = () =>
    store.transaction((tx) => store.inbox.append({ workspaceId: 'acme', now: 0, tx, events: [event('1')] }))
  await expect(write()).rejects.toMatchObject({
    code: 'storage',
    retryable: true,
    message: expect.stringContaining('disk of the database is full') as string,
  })
  expect(await store.control.workspace(save)).toBeNull()
  fill()
  expect(await write()).toEqual({ appended: 1 })
  await store.close()
  await db.close()
})

it('a log that cannot grow is told as such, and nothing more is asked of a database that would never answer', async () => {
  const { db, fill, asked } = database('could not write to file "pg_wal/xlogtemp.42": No space left on device')
  const store = pgliteStore({ db, clock: 'caller' })
  await store.open()
  fill()
  const failed = store.transaction((tx) =>
    store.inbox.append({ workspaceId: 'acme', now: 0, tx, events: [event('1')] }),
  )
  await expect(failed).rejects.toThrow(/log could not grow/)
  const before = asked.length
  await expect(store.control.workspace(save)).rejects.toBeInstanceOf(StorageError)
  expect(asked).toHaveLength(before)
  await store.close()
})

const event = (id: string) => ({ id, contactId: 'ana', name: 'a', at: 0, data: {} })
