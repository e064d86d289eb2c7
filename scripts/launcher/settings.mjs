/** The settings, all from the environment. Their schema is `lib/settings/variables.ts`, built as `dist/settings.mjs`. */
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from '../building/freshness.mjs'
import { PlainError } from '../errors.mjs'

/**
 * Read and check all settings. `dist/settings.mjs` must have been built.
 * @returns {Promise<import('../../lib/settings/launcher-settings').LauncherSettings>}
 * @throws {PlainError} with one sentence for each problem, each on a line of its own
 */
export async function readSettings() {
  const { readLauncherSettings } = await loadSettings()
  try {
    return readLauncherSettings(process.env)
  } catch (error) {
    throw error instanceof RangeError ? new PlainError(error.message) : error
  }
}

/**
 * How the engine finds a program, so that none is called missing that it uses.
 * @returns {Promise<(name: string) => string | null>}
 */
export async function engineSearch() {
  return (await loadSettings()).findProgram
}

function loadSettings() {
  return import(pathToFileURL(path.join(root, 'dist', 'settings.mjs')).href)
}
