import { spawn } from 'node:child_process'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../node_modules/.bin', import.meta.url))

/**
 * Runs a command of this repository's own (`tsx`, `vitest`, …) from its root and passes signals on, so that whoever stops
 * us stops it too, and it gets to clean up.
 * @param {string[]} command
 * @param {import('node:child_process').StdioOptions} [stdio]
 */
export function run([name = '', ...args], stdio = 'inherit') {
  const child = spawn(name, args, {
    cwd: new URL('..', import.meta.url),
    stdio,
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
    shell: process.platform === 'win32',
  })
  const forward = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal)
  process.on('SIGINT', forward).on('SIGTERM', forward)
  /** @type {Promise<number>} */
  const exitCode = new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      process.off('SIGINT', forward).off('SIGTERM', forward)
      resolve(code ?? 1)
    })
  })
  return { child, exitCode }
}
