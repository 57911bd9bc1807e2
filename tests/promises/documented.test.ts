import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8')
const promisesIn = (text: string): readonly string[] =>
  [...text.matchAll(/\*\*([A-Z][^*]+\.)\*\*/g)].flatMap(([, promise]) => promise ?? [])

it('every promise of the README has its row, and every row names tests that exist', async () => {
  const [readme, table] = [await read('README.md'), await read('docs/promises.md')]
  const promises = promisesIn(readme)
  expect(promises).toHaveLength(7)
  const rows = table.split('\n').filter((line) => line.startsWith('| **'))
  expect(rows.flatMap(promisesIn)).toEqual(promises)
  for (const row of rows) {
    const links = [...row.matchAll(/\]\(([^)]+\.test\.ts)\)/g)].map(([, path = '']) => path)
    expect(links.length).toBeGreaterThan(0)
    for (const path of links) {
      const file = fileURLToPath(new URL(path, new URL('../../docs/', import.meta.url)))
      expect(existsSync(file), `${path} is there`).toBe(true)
    }
  }
})
