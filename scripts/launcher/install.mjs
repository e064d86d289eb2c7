/** Whether the dependencies are those of the lock file, and how to install them. Uses Node alone. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { root } from '../building/freshness.mjs'
import { codeOf, PlainError } from '../errors.mjs'
import { say } from './say.mjs'
import { runStep } from './steps.mjs'

/**
 * Whether node_modules holds what package-lock.json names. npm records what it installed in a lock file of its own,
 * written last, so an interrupted installation is noticed. Optional packages may be absent.
 */
export async function isInstalled() {
  const [locked, installed] = await Promise.all([
    readPackages(path.join(root, 'package-lock.json')),
    readPackages(path.join(root, 'node_modules', '.package-lock.json')),
  ])
  if (installed === null) return false
  if (locked === null) return true
  return Object.entries(locked).every(
    ([folder, it]) =>
      folder === '' || it.optional || it.devOptional || it.link || installed[folder]?.version === it.version,
  )
}

/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {boolean} [optional]
 * @property {boolean} [devOptional]
 * @property {boolean} [link]
 */

/**
 * @param {string} file
 * @returns {Promise<Record<string, LockedPackage> | null>}
 */
async function readPackages(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8')).packages ?? {}
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

/**
 * Install when needed.
 * @param {{signal?: AbortSignal}} [options]
 * @throws {PlainError} when npm could not; npm has then printed why
 */
export async function ensureInstalled({ signal } = {}) {
  if (await isInstalled()) return
  say('Installing the dependencies from package-lock.json (about half a minute)')
  const npm = process.env.npm_execpath
  const command = npm ? process.execPath : 'npm'
  const first = npm ? [npm] : []
  const common = ['--no-audit', '--no-fund', '--loglevel=error']
  // The commands that check and test need the development tools, also where NODE_ENV is inherited as production.
  const env = { NODE_ENV: 'development' }
  const include = '--include=dev'
  if ((await runStep(command, [...first, 'ci', include, ...common], { signal, env })) === 0) return
  signal?.throwIfAborted()
  say('npm ci did not work; trying npm install')
  if ((await runStep(command, [...first, 'install', include, ...common], { signal, env })) === 0) return
  signal?.throwIfAborted()
  throw new PlainError('The dependencies could not be installed; npm printed why above.')
}
