// Everything a change has to pass, here and in CI. `--fast` leaves out what needs a build and what looks at the whole.
import { ensureInstalled } from './install.mjs'
import { run } from './run.mjs'

const fast = {
  'lock file': 'node scripts/lockfile.mjs',
  'format and lint': 'biome check --error-on-warnings .',
  types: 'tsc --pretty -p .',
  'types in the browser': 'tsc --pretty -p tsconfig.browser.json',
  'unit tests': 'vitest run --project unit --project types --passWithNoTests',
}
const whole = {
  'unused code': 'knip --no-config-hints',
  'duplicate code': 'jscpd',
  'documentation comments': 'typedoc --emit none --logLevel Warn',
}
const built = {
  'build and packaging': 'turbo run build packaging --output-logs=errors-only',
  'built packages load': 'node scripts/load-built.mjs',
  'bundle size': 'size-limit',
}

/** The steps of a lane run one after another, the lanes side by side. */
const lanes = process.argv.includes('--fast') ? [fast] : [{ ...fast, ...whole }, built]
const startedAt = Date.now()

await ensureInstalled()
const failed = (await Promise.all(lanes.map(runLane))).flat()
console.log(failed.length > 0 ? `\nFailed: ${failed.join(', ')}` : `\nAll passed in ${secondsSince(startedAt)}`)
process.exitCode = failed.length > 0 ? 1 : 0

/** Goes on after a failure: whoever has to repair two things wants to know of both. */
async function runLane(/** @type {Record<string, string>} */ steps) {
  const failed = []
  for (const [name, command] of Object.entries(steps)) {
    const stepStartedAt = Date.now()
    const { code, output } = await capture(command)
    if (code !== 0) failed.push(name)
    console.log(`${code === 0 ? '✓' : '✗'} ${name} (${secondsSince(stepStartedAt)})${code === 0 ? '' : `\n${output}`}`)
  }
  return failed
}

/** Output is shown when a step fails, whole and in one piece. */
async function capture(/** @type {string} */ command) {
  const { child, exitCode } = run(command.split(' '), ['ignore', 'pipe', 'pipe'])
  let output = ''
  const keep = (/** @type {Buffer} */ chunk) => {
    output += chunk
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  return { code: await exitCode, output }
}

function secondsSince(/** @type {number} */ instant) {
  return `${((Date.now() - instant) / 1000).toFixed(1)} s`
}
