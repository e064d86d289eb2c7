/** Which built parts are out of date. Uses Node alone, because `npm start` asks before anything is installed. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { codeOf } from '../errors.mjs'

/** The folder of the checkout, or of the npm package. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

/** Whether this is the npm package, in which everything is built and installed already. See `scripts/packing`. */
export const isPackaged = existsSync(path.join(root, 'dist', 'packaged.json'))

/** @type {Part[]} */
export const partNames = ['settings', 'engine', 'server', 'next']

const shared = ['package-lock.json', 'tsconfig.json', 'scripts/building']
const consoleLib = [
  'lib/actions',
  'lib/access',
  'lib/audit',
  'lib/auth',
  'lib/display',
  'lib/edge',
  'lib/history',
  'lib/live',
  'lib/log',
  'lib/process-api',
  'lib/queries',
  'lib/reads',
  'lib/replay',
  'lib/settings',
  'lib/store',
  'lib/target-data',
  'lib/targets',
  'lib/transfers',
]

/** What the player of exported replays is made of, beside `lib/`. */
const player = [
  'components/log-pane/buffer-lines.ts',
  'components/log-pane/log-font.ts',
  'components/replay/browser-clock.ts',
  'components/replay/replay-terminal.ts',
  'components/replay/replay-time.ts',
  'components/replay/standalone',
]

/** @typedef {'settings' | 'engine' | 'server' | 'next'} Part */

/**
 * For each part: what it is made of, and a file that exists once it is built.
 * @type {Record<Part, {sources: string[], output: string}>}
 */
const parts = {
  settings: { sources: ['lib/settings', 'lib/edge', ...shared], output: 'dist/settings.mjs' },
  engine: {
    sources: [
      'lib/engine',
      'lib/process-api',
      'lib/display',
      'lib/edge',
      'lib/log',
      'lib/settings',
      'components/theme/tokens.css',
      ...shared,
    ],
    output: 'dist/engine.mjs',
  },
  server: {
    sources: ['server.ts', ...player, ...consoleLib, ...shared],
    output: 'dist/server.mjs',
  },
  next: {
    sources: [
      'app',
      'components',
      'public',
      'instrumentation-client.ts',
      'next.config.js',
      'postcss.config.mjs',
      ...consoleLib,
      ...shared,
    ],
    output: '.next/BUILD_ID',
  },
}

const record = path.join(root, 'dist', 'build.json')

/**
 * Files and folders that a part is made of.
 * @param {Part} name
 */
export function sourcesOf(name) {
  return parts[name].sources
}

/**
 * A digest of the sources of each part. It covers names and bytes only, so a copied or re-cloned tree has the same.
 * @returns {Promise<Record<Part, string>>}
 */
export async function fingerprints() {
  const entries = await Promise.all(
    partNames.map(async (name) => {
      const hash = createHash('sha256').update(process.version)
      for (const source of parts[name].sources) await addToHash(hash, source)
      return [name, hash.digest('hex')]
    }),
  )
  return Object.fromEntries(entries)
}

/**
 * The names of the parts that were never built or whose sources changed since.
 * @param {Record<Part, string>} prints
 * @returns {Promise<Part[]>}
 */
export async function stale(prints) {
  const built = await readRecord()
  return partNames.filter((name) => built[name] !== prints[name] || !existsSync(path.join(root, parts[name].output)))
}

/**
 * Record that a part was built from these sources, or with `undefined`, before a build, that its output is not complete:
 * an interrupted or failed build must not leave the record of the last good one.
 * @param {Part} name
 * @param {string | undefined} print
 */
export async function recordBuilt(name, print) {
  await mkdir(path.dirname(record), { recursive: true })
  const text = `${JSON.stringify({ ...(await readRecord()), [name]: print }, null, 2)}\n`
  const draft = `${record}.${process.pid}`
  await writeFile(draft, text)
  await rename(draft, record)
}

/** @returns {Promise<Partial<Record<Part, string>>>} */
async function readRecord() {
  try {
    return JSON.parse(await readFile(record, 'utf8'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return {}
    throw error
  }
}

/**
 * Tests are not part of a build.
 * @param {string} name
 */
function isSource(name) {
  return !/\.(test|spec)\.tsx?$/.test(name) && name !== 'test' && name !== '.DS_Store'
}

/**
 * @param {import('node:crypto').Hash} hash
 * @param {string} relative
 */
async function addToHash(hash, relative) {
  const absolute = path.join(root, relative)
  /** @type {import('node:fs').Dirent[]} */
  let entries
  try {
    entries = await readdir(absolute, { withFileTypes: true })
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    if (codeOf(error) !== 'ENOTDIR') throw error
    hash.update(`\0${relative}\0`).update(await readFile(absolute))
    return
  }
  const names = entries.map((entry) => entry.name).filter(isSource)
  for (const name of names.sort()) await addToHash(hash, path.posix.join(relative, name))
}
