import { defineConfig } from 'vitest/config'

const alias = { '@': import.meta.dirname }

/**
 * `unit`: pure functions beside their code. `engine`: the engine and the launcher with real processes and real sockets, one
 * file after the other.
 * `conformance`: the checklist of the process API against one deployment, from outside.
 */
export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          include: ['{lib,components,scripts,bench}/**/*.test.{ts,tsx}'],
          exclude: ['lib/engine/test/**', 'scripts/launcher/test/**'],
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'engine',
          include: ['{lib/engine,scripts/launcher}/test/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'conformance',
          include: ['conformance/**/*.test.ts'],
          globalSetup: ['conformance/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
