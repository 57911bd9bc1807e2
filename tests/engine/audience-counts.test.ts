import { attribute, createDrumbeat, inProcessAudienceCounts, sandboxChannel, VirtualClock } from '@drumbeat/core'
import { memoryStore } from '@drumbeat/store-memory'
import { expect, it } from 'vitest'

const startAt = Date.UTC(2026, 2, 2)

/** Two engines on one store that share their counts, and how often the store has counted. */
async function twoEngines() {
  const store = memoryStore()
  const clock = new VirtualClock(startAt)
  let counted = 0
  const watched = {
    ...store,
    contacts: {
      ...store.contacts,
      count: (request: Parameters<typeof store.contacts.count>[0]) => {
        counted++
        return store.contacts.count(request)
      },
    },
  }
  const audienceCounts = inProcessAudienceCounts()
  const channels = [sandboxChannel({ name: 'sms' })]
  const [one, other] = [1, 2].map(() => createDrumbeat({ store: watched, clock, channels, audienceCounts }))
  if (one === undefined || other === undefined) throw new Error('There are two engines.')
  await one.workspace('acme').contacts.import([{ id: 'ana' }, { id: 'ben' }])
  return { one, other, clock, counted: () => counted }
}

const minuteMs = 60_000

it('an audience is counted once by all who take a count of that age, and anew by who does not', async () => {
  const { one, other, clock, counted } = await twoEngines()
  const [here, there] = [one.workspace('acme').contacts, other.workspace('acme').contacts]
  const first = { count: 2, isExact: true, countedAt: startAt }
  expect(await here.count({ maxAgeMs: minuteMs })).toEqual(first)
  await here.import([{ id: 'cyd' }])
  clock.advance(minuteMs / 2)
  expect(await there.count({ maxAgeMs: minuteMs })).toEqual(first)
  expect(counted()).toBe(1)
  const second = { count: 3, isExact: true, countedAt: startAt + minuteMs / 2 }
  expect(await there.count()).toEqual(second)
  expect(await here.count({ maxAgeMs: minuteMs / 4 })).toEqual(second)
  expect(await there.count({ maxAgeMs: minuteMs })).toEqual(second)
  expect(counted()).toBe(3)
})

it('those who ask at one time share one count, and each tenant and condition has its own', async () => {
  const { one, counted } = await twoEngines()
  const ask = (workspaceId: string, id: string) =>
    one.workspace(workspaceId).contacts.count({
      where: attribute('plan').is(id),
      maxAgeMs: minuteMs,
    })
  await Promise.all([ask('acme', 'a'), ask('acme', 'a'), ask('acme', 'b'), ask('globex', 'a'), ask('acme', 'a')])
  expect(counted()).toBe(3)
})
