import { defineConfig } from 'vitest/config'

const alias = { '@': import.meta.dirname }

/** Engine tests that take half a minute and more and cover what rarely changes: `npm test -- all` runs them. */
const slowEngineTests = [
  'archive',
  'asciinema',
  'adoption',
  'disk-reserve',
  'fuzz',
  'heartbeat',
  'home-copies',
  'host-mounts',
  'limits',
  'lost-status',
  'many-descriptors',
  'network-policy',
  'ordinary-user',
  'sandbox-copies',
  'sandbox-life',
  'session-load',
  'slow-readers',
  'state-forged',
  'state-forged-results',
  'terminal-programs',
  'toolbox-faults',
].map((name) => `lib/engine/test/${name}.test.ts`)

/** A second attempt for tests with real processes. `npm test` lists by name what needed it. */
const retried = { retry: 1 }
/** Real processes and sockets: one file after the other. */
const sequential = { ...retried, testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false }

/**
 * `unit`: functions and classes beside their code. `integration`: the same with sockets or processes. `engine`: the engine and the launcher with real processes and real sockets, one
 * file after the other. `slow`: more of the same.
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
          exclude: ['lib/engine/test/**', 'scripts/launcher/test/**', '**/*.integration.test.ts'],
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'integration',
          include: ['{lib,components,scripts,bench}/**/*.integration.test.ts'],
          ...retried,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'engine',
          include: ['{lib/engine,scripts/launcher}/test/**/*.test.ts'],
          exclude: slowEngineTests,
          ...sequential,
        },
      },
      {
        resolve: { alias },
        test: { name: 'slow', include: slowEngineTests, ...sequential },
      },
      {
        resolve: { alias },
        test: {
          name: 'conformance',
          include: ['conformance/**/*.test.ts'],
          globalSetup: ['conformance/global-setup.ts'],
          ...sequential,
        },
      },
    ],
  },
})
