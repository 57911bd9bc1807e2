// A process that opens the PGlite directory it is given, says so, and holds it until it is killed.
import { pgliteStore } from '../src/index.js'

const dataDir = process.argv[2] ?? ''
const store = pgliteStore({ dataDir })
await store.open()
await store.control.saveWorkspace({
  workspaceId: 'acme',
  settings: (await import('@drumbeat/core')).defaultWorkspaceSettings,
})
console.log('open')
setInterval(() => {}, 60_000)
