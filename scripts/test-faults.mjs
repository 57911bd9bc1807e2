// The fault tests at length: engines killed and campaigns stopped fifty times each.
import { run } from './run.mjs'

process.env.DRUMBEAT_KILLS ??= '50'
process.env.DRUMBEAT_STOPS ??= '50'

const { exitCode } = run(['node', 'scripts/test.mjs', '--project', 'integration', 'tests/faults'])
process.exitCode = await exitCode
