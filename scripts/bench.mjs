// How fast Drumbeat is, beside what people would build instead. `--quick` takes less than three minutes, `--json` prints one object.
import { ensureInstalled } from './install.mjs'
import { run } from './run.mjs'

// `--json` prints one object, and nothing else.
if (process.argv.includes('--json')) console.log = console.error
await ensureInstalled()

const { buildBenchmarks } = await import('./build-benchmarks.mjs')
process.exitCode = await run(['node', '--max-semi-space-size=64', await buildBenchmarks(), ...process.argv.slice(2)])
  .exitCode
