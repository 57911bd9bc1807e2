// What a lock file must be for `npm ci` to work for everyone, whatever machine and mirror it was last written on.
import { readFileSync } from 'node:fs'

/** @type {Record<string, { resolved?: string, optionalDependencies?: Record<string, string> }>} */
const packages = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')).packages
const names = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)))

const problems = Object.entries(packages).flatMap(([path, { resolved, optionalDependencies = {} }]) => {
  const absent = Object.keys(optionalDependencies).filter((name) => !names.has(name))
  return [
    ...(resolved?.includes('://') ? [`${path} records a download address; .npmrc says to leave it out`] : []),
    ...(absent.length > 0
      ? [`${path} lacks its builds for other platforms (${absent.join(', ')}); pin another version`]
      : []),
  ]
})
if (problems.length > 0) {
  console.error(['package-lock.json:', ...problems].join('\n'))
  process.exitCode = 1
}
