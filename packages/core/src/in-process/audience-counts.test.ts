import { expect, it } from 'vitest'
import { inProcessAudienceCounts } from './audience-counts.js'

const countOf = (count: number) => ({ count, isExact: true, countedAt: 1 })

it('answers the latest count of a key, and nothing for others', async () => {
  const counts = inProcessAudienceCounts()
  expect(await counts.get('a')).toBeNull()
  await counts.keep('a', countOf(1), 1_000)
  await counts.keep('b', countOf(2), 1_000)
  await counts.keep('a', countOf(3), 1_000)
  expect([await counts.get('a'), await counts.get('b')]).toEqual([countOf(3), countOf(2)])
})

it('keeps a thousand, and forgets those that were counted longest ago', async () => {
  const counts = inProcessAudienceCounts()
  for (let key = 0; key < 1_000; key++) await counts.keep(String(key), countOf(key), 1_000)
  await counts.keep('0', countOf(0), 1_000)
  await counts.keep('new', countOf(1), 1_000)
  expect([await counts.get('0'), await counts.get('1'), await counts.get('2')]).toEqual([countOf(0), null, countOf(2)])
})
