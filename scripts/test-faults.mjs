// The fault tests at length: engines killed and campaigns stopped fifty times each, 100,000 people for 2, 4 and 8 engines, and a million
// reports in disorder.
import { run } from './run.mjs'

process.env.DRUMBEAT_KILLS ??= '50'
process.env.DRUMBEAT_STOPS ??= '50'
process.env.DRUMBEAT_REPORTS ??= '1000000'
process.env.DRUMBEAT_PEOPLE ??= '100000'
process.env.DRUMBEAT_PROCESSES ??= '2,4,8'
process.env.DRUMBEAT_BACKLOG ??= '500000'

const { exitCode } = run([
  'node',
  'scripts/test.mjs',
  '--project',
  'integration',
  'tests/faults',
  'tests/providers/shuffle.test.ts',
])
process.exitCode = await exitCode
