import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { codeOf } from '../errors.mjs'
import { runStep } from '../launcher/steps.mjs'
import { ensurePythonSdk } from './python.mjs'
import {
  crashed,
  notRun,
  tallyOfAttacks,
  tallyOfChecks,
  tallyOfPlaywright,
  tallyOfPython,
  tallyOfVitest,
} from './tally.mjs'

/**
 * @typedef {import('./tally.mjs').Tally} Tally
 * @typedef {{scratch: string, browser: string | null}} Context `scratch` is a folder for reports
 * @typedef {'check' | 'unit' | 'integration' | 'engine' | 'conformance' | 'browser' | 'attack' | 'slow' | 'browser-slow' | 'package' | 'python'} SuiteName
 */

/**
 * In the order in which they run: the fastest result first.
 * @type {Record<SuiteName, (context: Context) => Promise<Tally>>}
 */
export const suites = {
  check: async ({ scratch }) => {
    const file = path.join(scratch, 'check.json')
    const code = await node(['scripts/check.mjs', '--report', file])
    return tallyOfChecks(await readReport(file), code)
  },
  unit: ({ scratch }) => vitest('unit', scratch),
  integration: ({ scratch }) => vitest('integration', scratch),
  engine: (context) => onEngine('engine', context),
  conformance: (context) => onEngine('conformance', context),
  browser: (context) => inBrowser('usual', context),
  attack: async ({ scratch }) => {
    if (process.platform !== 'linux') return notRun('sandboxes are isolated on Linux only')
    if (!(await isBuilt([]))) return crashed('the console could not be built')
    const file = path.join(scratch, 'attack.json')
    const code = await node(['--import', 'tsx', 'attack/main.ts', '--report', file])
    return tallyOfAttacks(await readReport(file), code)
  },
  slow: (context) => onEngine('slow', context),
  'browser-slow': (context) => inBrowser('slow', context),
  package: async ({ scratch }) => {
    const file = path.join(scratch, 'package.json')
    const code = await node(['scripts/packing/test.mjs', '--report', file])
    return tallyOfChecks(await readReport(file), code, 'package')
  },
  python: async ({ scratch }) => {
    const found = await ensurePythonSdk()
    if ('why' in found) return notRun(found.why)
    const file = path.join(scratch, 'python.json')
    const code = await node(['--import', 'tsx', 'conformance/python/run.ts', found.python, file])
    return tallyOfPython(await readReport(file), code)
  },
}

export const allSuites = /** @type {SuiteName[]} */ (Object.keys(suites))

/**
 * Without `slow` and `browser-slow`, the longest tests; `package`, which builds a tarball; and `python`, which installs from
 * a package index. `all` runs them too.
 */
export const usualSuites = allSuites.filter((name) => !['slow', 'browser-slow', 'package', 'python'].includes(name))

/**
 * @param {string} project
 * @param {Context} context
 */
async function onEngine(project, { scratch }) {
  return (await isBuilt(['--engine'])) ? await vitest(project, scratch) : crashed('the engine could not be built')
}

/**
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 */
function node(args, env = {}) {
  return runStep(process.execPath, args, { env })
}

/** @param {string[]} parts */
async function isBuilt(parts) {
  return (await node(['scripts/build.mjs', ...parts])) === 0
}

/**
 * @param {string} project
 * @param {string} scratch
 */
async function vitest(project, scratch) {
  const file = path.join(scratch, `${project}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const code = await node(['node_modules/vitest/vitest.mjs', 'run', '--project', project, ...reporters])
  return tallyOfVitest(await readReport(file), code)
}

/**
 * @param {'usual' | 'slow'} specs as in `playwright.config.ts`
 * @param {Context} context
 */
async function inBrowser(specs, { scratch, browser }) {
  if (browser === null) return crashed('no browser was found and none could be installed')
  return (await isBuilt([])) ? await playwright(specs, scratch, browser) : crashed('the console could not be built')
}

/**
 * @param {string} specs
 * @param {string} scratch
 * @param {string} browser
 */
async function playwright(specs, scratch, browser) {
  const file = path.join(scratch, `browser-${specs}.json`)
  const code = await node(['node_modules/@playwright/test/cli.js', 'test', '--reporter=list,json'], {
    PLAYWRIGHT_JSON_OUTPUT_NAME: file,
    SANDGLASS_BROWSER: browser,
    SANDGLASS_SPECS: specs,
  })
  return tallyOfPlaywright(await readReport(file), code)
}

/** @param {string} file */
async function readReport(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return null
    throw error
  }
}
