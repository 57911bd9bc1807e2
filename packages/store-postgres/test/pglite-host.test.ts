import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pgliteStore } from '../src/index.js'

describe('a PGlite that the host opened', () => {
  let db: PGlite
  let store: ReturnType<typeof pgliteStore>
  const append = (id: string) =>
    store.inbox.append({
      workspaceId: 'acme',
      events: [{ id, contactId: 'ana', name: 'seen', at: 0, data: {} }],
      now: 0,
    })

  beforeAll(async () => {
    db = await PGlite.create()
    store = pgliteStore({ db, clock: 'caller' })
    await store.open()
  })
  afterAll(async () => {
    await store.close()
    await db.close()
  })

  it('is not written to inside a BEGIN of the host’s own, whose ROLLBACK would erase what an engine has written', async () => {
    await db.exec('BEGIN')
    await expect(append('inside')).rejects.toMatchObject({ code: 'conflict', kind: 'store_busy' })
    await db.exec('ROLLBACK')
    expect(await append('inside')).toEqual({ appended: 1 })
    expect(await append('inside')).toEqual({ appended: 0 })
  })
})
