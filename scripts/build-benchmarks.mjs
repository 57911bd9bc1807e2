import { readdirSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

const folder = fileURLToPath(new URL('../benchmarks', import.meta.url))
const programs = ['main', 'contestant-process', 'memory-store-process', 'webhook-server']

/**
 * Builds the measurements, and Drumbeat with them as its packages are built: what is measured is what hosts install, not what a loader
 * makes of its sources. Returns the file to run.
 */
export async function buildBenchmarks() {
  const contestants = readdirSync(`${folder}/src/contestants`).map((file) => `contestants/${file.replace(/\.ts$/, '')}`)
  const names = [...programs, ...contestants]
  await build({
    config: false,
    entry: Object.fromEntries(names.map((name) => [name, `${folder}/src/${name}.ts`])),
    outDir: `${folder}/dist`,
    format: ['esm'],
    target: 'es2022',
    splitting: true,
    clean: true,
    silent: true,
    dts: false,
    skipNodeModulesBundle: true,
    noExternal: [/^@drumbeat\//],
    esbuildPlugins: [scriptsBeside],
    esbuildOptions: (options) => {
      options.conditions = ['@drumbeat/source']
    },
  })
  return relative('.', `${folder}/dist/main.js`)
}

/** The scripts that start servers know files by where they lie: they stay there. */
const scriptsBeside = {
  name: 'scripts-beside',
  setup(/** @type {import('esbuild').PluginBuild} */ { onResolve }) {
    onResolve({ filter: /\/scripts\/[\w-]+\.mjs$/ }, ({ path }) => ({
      path: `../../scripts/${path.split('/').at(-1)}`,
      external: true,
    }))
  },
}
