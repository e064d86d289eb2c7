/** The dependencies: are they what the lock file says, and how to get them. Uses Node alone. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { root } from '../building/freshness.mjs'
import { PlainError, say } from './say.mjs'
import { runStep } from './steps.mjs'

/**
 * Whether node_modules holds what package-lock.json names. npm records what it installed in a lock file of its own,
 * written last, so an installation that was broken off is seen too. Optional packages may be absent.
 */
export async function isInstalled() {
  const [wanted, installed] = await Promise.all([
    readPackages(path.join(root, 'package-lock.json')),
    readPackages(path.join(root, 'node_modules', '.package-lock.json')),
  ])
  if (installed === null) return false
  if (wanted === null) return true
  return Object.entries(wanted).every(
    ([folder, it]) =>
      folder === '' || it.optional || it.devOptional || it.link || installed[folder]?.version === it.version,
  )
}

async function readPackages(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8')).packages ?? {}
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw error
  }
}

/**
 * Install when needed.
 * @throws PlainError when npm could not; npm has then said why.
 */
export async function ensureInstalled({ signal } = {}) {
  if (await isInstalled()) return
  say('Installing the dependencies from package-lock.json (about half a minute)')
  const [command, ...first] = process.env.npm_execpath
    ? [process.execPath, process.env.npm_execpath]
    : [process.platform === 'win32' ? 'npm.cmd' : 'npm']
  const common = ['--no-audit', '--no-fund', '--loglevel=error']
  // Development tools build the console, so an inherited NODE_ENV=production must not leave them out.
  const env = { NODE_ENV: 'development' }
  const include = '--include=dev'
  if ((await runStep(command, [...first, 'ci', include, ...common], { signal, env })) === 0) return
  signal?.throwIfAborted()
  say('npm ci did not work; trying npm install')
  if ((await runStep(command, [...first, 'install', include, ...common], { signal, env })) === 0) return
  signal?.throwIfAborted()
  throw new PlainError('The dependencies could not be installed: npm says why above.')
}
