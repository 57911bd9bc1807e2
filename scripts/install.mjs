import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { everyFewSeconds } from './progress.mjs'

/**
 * Installs what package-lock.json names unless it is there already, so that `npm test` and `npm run quickstart` are the
 * only commands a fresh clone needs. Imports Node's own modules only: it runs before anything is installed.
 */
export async function ensureInstalled() {
  if (isInstalled()) return
  const first = !existsSync(new URL('../node_modules', import.meta.url))
  const done = everyFewSeconds(
    `Installing dependencies (${first ? 'first run only' : 'package-lock.json has changed'})`,
  )
  const { code, output } = await npm('ci', '--include=dev')
  done()
  if (code === 0) return
  console.error(
    `${output}\nThe dependencies could not be installed: \`npm ci\` ended with code ${code}; its output is above.`,
  )
  process.exit(1)
}

/** Compares versions, not times: git gives a file the time of the checkout, which says nothing. */
function isInstalled() {
  const installed = lockedVersions('node_modules/.package-lock.json')
  if (!installed) return false
  const wanted = lockedVersions('package-lock.json') ?? {}
  return Object.entries(wanted).every(
    ([path, entry]) =>
      path === '' || entry.optional || (path in installed && installed[path]?.version === entry.version),
  )
}

/** @returns {Record<string, { version?: string, optional?: boolean }> | undefined} */
function lockedVersions(/** @type {string} */ file) {
  try {
    return JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')).packages
  } catch {
    return undefined
  }
}

/** @returns {Promise<{ code: number | string | null, output: string }>} */
function npm(/** @type {string[]} */ ...args) {
  const root = new URL('..', import.meta.url)
  const child = spawn('npm', args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  })
  let output = ''
  const keep = (/** @type {Buffer} */ chunk) => {
    output += chunk
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: error.message, output }))
    child.on('close', (code) => resolve({ code, output }))
  })
}
