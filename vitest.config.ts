import { defineConfig } from 'vitest/config'

// Packages are tested from their source, without a build.
const conditions = ['@drumbeat/source', 'module', 'node', 'development|production']
const fromSource = { resolve: { conditions }, ssr: { resolve: { conditions } } }

export default defineConfig({
  test: {
    projects: [
      {
        ...fromSource,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'examples/*/src/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        ...fromSource,
        test: {
          name: 'integration',
          include: ['packages/*/test/**/*.test.ts', 'tests/**/*.test.ts'],
          globalSetup: ['scripts/vitest-postgres.mjs', 'scripts/vitest-redis.mjs'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ['packages/*/src/**/*.test-d.ts'],
            tsconfig: 'tsconfig.json',
            ignoreSourceErrors: true,
          },
        },
      },
    ],
  },
})
