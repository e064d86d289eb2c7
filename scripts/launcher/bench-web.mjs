import { PlainError } from '../errors.mjs'
import { findBrowser } from '../testing/browser.mjs'
import { ensureInstalled } from './install.mjs'
import { runStep } from './steps.mjs'

await ensureInstalled()
const browser = findBrowser()
if (browser === null) throw new PlainError('bench:web needs Chromium or Chrome; SANDGLASS_BROWSER names one.')
process.env.SANDGLASS_BROWSER = browser
process.exitCode =
  (await runStep(process.execPath, ['--import', 'tsx', 'bench/web/main.ts', ...process.argv.slice(2)])) ?? 1
