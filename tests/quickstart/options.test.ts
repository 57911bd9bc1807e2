import { expect, it } from 'vitest'
import { readOptions } from '../../examples/quickstart/src/options.js'

it('reads what is asked for, and names what it does not know', () => {
  expect(readOptions([])).toEqual({ fresh: false, live: null, help: false })
  expect(readOptions(['--fresh', '--help'])).toEqual({ fresh: true, live: null, help: true })
  expect(readOptions(['--frsh'])).toEqual({ problem: expect.stringContaining("'--frsh'") })
})

it('sends for real only where a server and one address are named', () => {
  expect(readOptions(['--live', 'smtp://localhost:1025', '--to', 'you@example.com'])).toMatchObject({
    live: { server: 'smtp://localhost:1025', to: 'you@example.com' },
  })
  expect(readOptions(['--live', 'smtp://localhost:1025'])).toEqual({ problem: expect.stringContaining('--to') })
  expect(readOptions(['--live', 'localhost'])).toEqual({ problem: expect.stringContaining('smtp://localhost:1025') })
})
