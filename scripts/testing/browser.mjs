/** A Chromium to test with: an installed one first, then Playwright's, then the distribution's. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { root } from '../building/freshness.mjs'
import { codeOf } from '../errors.mjs'
import { findProgram } from '../launcher/prerequisites.mjs'
import { say, warn } from '../launcher/say.mjs'
import { runStep } from '../launcher/steps.mjs'
import { aptInstall, hasApt } from './apt.mjs'

const programs = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser', 'microsoft-edge']
const applications = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

const firefoxApplications = ['/Applications/Firefox.app/Contents/MacOS/firefox']

/** The path of a browser that starts, or null. Installs nothing. */
export function findBrowser() {
  const named = [process.env.SANDGLASS_BROWSER, process.env.CHROME_PATH].filter(Boolean)
  const installed = [...programs.map((name) => findProgram(name)), ...applications]
  return [...named, ...installed, playwrightsOwn()].find((file) => file && existsSync(file) && starts(file)) ?? null
}

/** As `findBrowser`, and installs one where there is none. */
export async function ensureBrowser() {
  const found = findBrowser()
  if (found) return found
  say("No browser found; downloading Playwright's Chromium")
  await runStep(process.execPath, ['node_modules/@playwright/test/cli.js', 'install', 'chromium'])
  const own = playwrightsOwn()
  if (own && existsSync(own) && starts(own)) return own
  if (hasApt()) {
    say('That did not work; installing the package chromium')
    await aptInstall(['chromium', 'fonts-dejavu-core'])
  }
  return findBrowser()
}

/** The path of an installed Firefox, or null. */
export function findFirefox() {
  const named = process.env.SANDGLASS_FIREFOX
  const installed = ['firefox', 'firefox-esr'].map((name) => findProgram(name))
  return [named, ...installed, ...firefoxApplications].find((file) => file && existsSync(file)) ?? null
}

/** Install Firefox where that is possible and there is none. Its test is skipped without it. */
export async function ensureFirefox() {
  if (findFirefox() !== null) return
  if (hasApt() && (await aptInstall(['firefox-esr']))) return
  warn('Firefox not found: the main path is tested in Chromium only.')
}

function playwrightsOwn() {
  const require = createRequire(path.join(root, 'package.json'))
  try {
    return require('@playwright/test').chromium.executablePath()
  } catch (error) {
    if (codeOf(error) === 'MODULE_NOT_FOUND') return null
    throw error
  }
}

/**
 * An existing file is not enough: system libraries may be missing, and Ubuntu's `chromium-browser` only points to a snap.
 * @param {string} file
 */
function starts(file) {
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--dump-dom', 'about:blank']
  const { status, stdout } = spawnSync(file, args, {
    encoding: 'utf8',
    timeout: 30_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return status === 0 && stdout.includes('<html>')
}
