// All tests, from a fresh clone too. The last line it prints is for people and machines alike: "N passed, N failed, N skipped".
import { ensureInstalled } from './install.mjs'
import { run } from './run.mjs'

await ensureInstalled()

const { child, exitCode } = run(
  ['vitest', 'run', '--reporter=default', '--reporter=./scripts/summary-reporter.mjs', ...process.argv.slice(2)],
  ['inherit', 'inherit', 'inherit', 'ipc'],
)
/** A run that ends without a summary has failed, whatever it did before. */
let summary = { passed: 0, failed: 1, skipped: 0 }
child.on('message', (message) => {
  summary = /** @type {typeof summary} */ (message)
})
process.exitCode = await exitCode
console.log(`${summary.passed} passed, ${summary.failed} failed, ${summary.skipped} skipped`)
