import type { Options } from 'tsup'

/** How every published package is built: ESM, CommonJS and types for both, with shared code in shared chunks. */
export function libraryConfig(entry: Record<string, string> = { index: 'src/index.ts' }): Options {
  return {
    entry,
    format: ['esm', 'cjs'],
    target: 'es2022',
    dts: true,
    splitting: true,
    sourcemap: true,
    treeshake: true,
    clean: true,
    silent: true,
  }
}
