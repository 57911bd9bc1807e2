// Loads every built entry the way a host does, by name: as an ES module, and as CommonJS where the package says it can be.
// Both have to export the same names. A dependency that cannot be required shows up here and nowhere else.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const packages = new URL('../packages/', import.meta.url)

for (const folder of readdirSync(packages)) {
  const { name, exports } = JSON.parse(readFileSync(new URL(`${folder}/package.json`, packages), 'utf8'))
  for (const [path, conditions] of Object.entries(exports)) {
    if (typeof conditions === 'string') continue
    const entry = path.replace('.', name)
    const exported = Object.keys(await import(entry))
    assert.notEqual(exported.length, 0, `${entry} exports nothing`)
    if (conditions.require)
      assert.deepEqual(Object.keys(require(entry)).sort(), exported.sort(), `${entry} as CommonJS`)
  }
}
