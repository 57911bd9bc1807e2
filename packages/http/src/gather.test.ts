import { expect, it } from 'vitest'
import { gathering } from './gather.js'

/** A write that ends when told to, and what it was given. */
function slowWrite(
  fails: (items: readonly string[]) => boolean = () => false,
  rest: () => Promise<unknown> = () => Promise.resolve(),
) {
  const writes: string[] = []
  const ends: (() => void)[] = []
  const add = gathering<string>(
    async (key, items) => {
      writes.push(`${key}: ${items.join(' ')}`)
      await new Promise<void>((resolve) => ends.push(resolve))
      if (fails(items)) throw new Error(`cannot write ${items.join(' ')}`)
    },
    { most: 3, rest },
  )
  const end = async () => {
    ends.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { add, writes, end }
}

it('writes the first at once, and joins those that come meanwhile, in order and not too many', async () => {
  const { add, writes, end } = slowWrite()
  const done: string[] = []
  for (const item of ['a', 'b', 'c', 'd', 'e']) void add('acme', item).then(() => done.push(item))
  void add('other', 'x')
  expect(writes).toEqual(['acme: a', 'other: x'])
  await end()
  expect(done).toEqual(['a'])
  expect(writes.at(-1)).toBe('acme: b c d')
  await end()
  await end()
  expect(done).toEqual(['a', 'b', 'c', 'd'])
  expect(writes.at(-1)).toBe('acme: e')
  await end()
  expect(done).toEqual(['a', 'b', 'c', 'd', 'e'])
  void add('acme', 'f')
  expect(writes.at(-1)).toBe('acme: f')
})

it('lets one that cannot be written fail by itself', async () => {
  const { add, writes, end } = slowWrite((items) => items.includes('bad'))
  const outcomes = Promise.allSettled(['a', 'b', 'bad', 'c'].map((item) => add('acme', item)))
  for (let count = 0; count < 6; count++) await end()
  expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  expect(writes).toEqual(['acme: a', 'acme: b bad c', 'acme: b', 'acme: bad', 'acme: c'])
})

it('lets those that come right after a write go together', async () => {
  const awake: (() => void)[] = []
  const { add, writes, end } = slowWrite(undefined, () => new Promise<void>((resolve) => awake.push(resolve)))
  const wake = async () => {
    awake.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  void add('acme', 'a')
  expect(writes).toEqual(['acme: a'])
  await end()
  void add('acme', 'b')
  void add('acme', 'c')
  expect(writes).toEqual(['acme: a'])
  await wake()
  expect(writes).toEqual(['acme: a', 'acme: b c'])
  await end()
  await wake()
  void add('acme', 'd')
  expect(writes.at(-1)).toBe('acme: d')
})
