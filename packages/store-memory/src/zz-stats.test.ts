import type { Store } from '@drumbeat/core'
import { storesAgree } from '@drumbeat/core/testing'
import { test } from 'vitest'
import { memoryStore } from './index.js'

test('stats', async () => {
  const stats = new Map<string, number>()
  const add = (k: string) => stats.set(k, (stats.get(k) ?? 0) + 1)
  const spy = (store: Store): Store => ({
    ...store,
    recipients: {
      ...store.recipients,
      claimDue: async (r) => {
        const x = await store.recipients.claimDue(r)
        add(`claim ${Math.min(x.length, 3)}`)
        for (const c of x) add(`claims=${c.claims}`)
        return x
      },
      enroll: async (r) => {
        const x = await store.recipients.enroll(r)
        add(`enroll ${r.activation ? 'act ' : ''}${x.enrolled.length}/${r.runs.length}`)
        return x
      },
      commit: async (r) => {
        const x = await store.recipients.commit(r)
        for (const a of x) add(`commit ${a}`)
        return x
      },
    },
    deliveries: {
      ...store.deliveries,
      intend: async (r) => {
        const x = await store.deliveries.intend(r)
        for (const a of x) add(`intend ${a.result}${a.result === 'refused' ? a.verdict.reason : ''}`)
        return x
      },
      settle: async (r) => {
        const x = await store.deliveries.settle(r)
        x.forEach((a, i) => add(`settle ${r.from}>${r.settlements[i]!.state} ${a}`))
        return x
      },
      claimReconciliations: async (r) => {
        const x = await store.deliveries.claimReconciliations(r)
        add(`looks ${x.length}`)
        return x
      },
    },
    inbox: {
      ...store.inbox,
      ingest: async (r) => {
        const x = await store.inbox.ingest(r)
        add(`ingest c${x.conflicts.length} e${x.enrolled}`)
        return x
      },
      appendReports: async (r) => {
        const x = await store.inbox.appendReports(r)
        add(`reports ${x.appended}`)
        return x
      },
    },
    contacts: {
      ...store.contacts,
      erase: async (r) => {
        const x = await store.contacts.erase(r)
        add(`erase ${x}`)
        return x
      },
    },
  })
  const open = async () => {
    const s = memoryStore()
    return { store: s, close: () => s.close() }
  }
  const openSpy = async () => {
    const s = memoryStore()
    return { store: spy(s), close: () => s.close() }
  }
  await storesAgree(open, openSpy, { runs: 100, seed: 3 })
  console.log(
    [...stats]
      .sort()
      .map(([k, v]) => `${k}: ${v}`)
      .join('\n'),
  )
}, 60000)
