import { expect, it } from 'vitest'
import { readOptions } from '../../examples/quickstart/src/options.js'

it('reads what is asked for, and names what it does not know', () => {
  expect(readOptions([])).toEqual({ fresh: false, live: false, help: false })
  expect(readOptions(['--fresh', '--help'])).toEqual({ fresh: true, live: false, help: true })
  expect(readOptions(['--frsh'])).toEqual({ unknown: '--frsh' })
})
