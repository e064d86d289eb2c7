/** The scripts of the build under test: `npm run check` on a clean checkout has no build to measure. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from '@playwright/test'

test('no page loads more scripts than its budget', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    'scripts/checking/script-budget.mjs',
    '--built',
  ]).catch((failed) => failed)
  expect(stdout).toBe('')
})
