// Runs the command it is given, after installing the dependencies if they are not there yet.
import { ensureInstalled } from './install.mjs'
import { run } from './run.mjs'

await ensureInstalled()
process.exitCode = await run(process.argv.slice(2)).exitCode
