/** Which built parts are out of date. Uses Node alone, because `npm start` asks before anything is installed. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the checkout. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

const shared = ['package-lock.json', 'tsconfig.json', 'scripts/building']
const consoleLib = [
  'lib/process-api',
  'lib/display',
  'lib/edge',
  'lib/live',
  'lib/targets',
  'lib/actions',
  'lib/auth',
  'lib/settings',
]

/** For each part: what it is made of, and a file that exists once it is built. */
const parts = {
  settings: { sources: ['lib/settings', 'lib/edge', ...shared], output: 'dist/settings.mjs' },
  engine: {
    sources: ['lib/engine', 'lib/process-api', 'lib/edge', 'lib/settings', 'components/theme/tokens.css', ...shared],
    output: 'dist/engine.mjs',
  },
  server: { sources: ['server.ts', ...consoleLib, ...shared], output: 'dist/server.mjs' },
  next: {
    sources: ['app', 'components', 'public', 'next.config.js', 'postcss.config.mjs', ...consoleLib, ...shared],
    output: '.next/BUILD_ID',
  },
}

const record = path.join(root, 'dist', 'build.json')

/** A digest of the sources of each part: names and bytes, so a copied or re-cloned tree is judged the same. */
export async function fingerprints() {
  const result = {}
  for (const [name, { sources }] of Object.entries(parts)) {
    const hash = createHash('sha256').update(process.version)
    for (const source of sources) await addToHash(hash, source)
    result[name] = hash.digest('hex')
  }
  return result
}

/** The names of the parts that were never built or whose sources changed since. */
export async function stale(prints) {
  const built = await readRecord()
  return Object.keys(parts).filter(
    (name) => built[name] !== prints[name] || !existsSync(path.join(root, parts[name].output)),
  )
}

/** Remember that a part was built from these sources. */
export async function recordBuilt(name, print) {
  await mkdir(path.dirname(record), { recursive: true })
  const text = `${JSON.stringify({ ...(await readRecord()), [name]: print }, null, 2)}\n`
  const draft = `${record}.${process.pid}`
  await writeFile(draft, text)
  await rename(draft, record)
}

async function readRecord() {
  try {
    return JSON.parse(await readFile(record, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return {}
    throw error
  }
}

/** Tests are no part of a build. */
function isSource(name) {
  return !/\.(test|spec)\.tsx?$/.test(name) && name !== 'test' && name !== '.DS_Store'
}

async function addToHash(hash, relative) {
  const absolute = path.join(root, relative)
  let entries
  try {
    entries = await readdir(absolute, { withFileTypes: true })
  } catch (error) {
    if (error.code === 'ENOENT') return
    if (error.code !== 'ENOTDIR') throw error
    hash.update(`\0${relative}\0`).update(await readFile(absolute))
    return
  }
  const names = entries.map((entry) => entry.name).filter(isSource)
  for (const name of names.sort()) await addToHash(hash, path.posix.join(relative, name))
}
