import { defineConfig, devices } from '@playwright/test'
import { findBrowser } from './scripts/testing/browser.mjs'

// Looked for once: the workers load this file too and inherit the environment.
process.env.SANDGLASS_BROWSER ??= findBrowser() ?? ''

/** Specs that take minutes and cover what rarely changes: `npm test -- all` runs them as the suite `browser-slow`. */
const slowSpecs = ['accessibility', 'browser-faults', 'docs', 'firefox', 'replay-timing'].map(
  (name) => `**/${name}.spec.ts`,
)
/** Which specs to run: `usual`, `slow`, or all without it. */
const specs = process.env.SANDGLASS_SPECS

/** Browser tests run against the production build, started by `npm start` with a data folder and ports of its own. */
export default defineConfig({
  testDir: 'e2e',
  testMatch: specs === 'slow' ? slowSpecs : '**/*.spec.ts',
  testIgnore: specs === 'usual' ? slowSpecs : [],
  globalSetup: './e2e/support/global-setup.ts',
  fullyParallel: true,
  workers: 2,
  forbidOnly: process.env.CI !== undefined,
  // `npm test` lists by name what needed the second attempt.
  retries: 1,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: 'list',
  use: {
    // A trace doubles the time of every test (measured with runner.spec: 66 s without, 150 s with it). To look into
    // one test, run it with `--trace on`.
    trace: 'off',
    screenshot: 'only-on-failure',
    viewport: { width: 1440, height: 900 },
  },
  projects: [
    {
      name: 'chromium',
      use: {
        ...devices['Desktop Chrome'],
        viewport: { width: 1440, height: 900 },
        launchOptions: {
          ...(process.env.SANDGLASS_BROWSER ? { executablePath: process.env.SANDGLASS_BROWSER } : {}),
          args: [
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
          ],
        },
      },
    },
  ],
})
