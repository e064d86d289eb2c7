import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from '../building/freshness.mjs'
import { PlainError } from '../errors.mjs'
import { warn } from './say.mjs'
import { readSettings } from './settings.mjs'

/**
 * Runs a small program of the build with the settings of the console.
 * @param {string} name of a file in dist
 */
export async function runBuilt(name) {
  const program = path.join(root, 'dist', name)
  try {
    if (!existsSync(program)) throw new PlainError('The console was never built; start it with "npm start".')
    Object.assign(process.env, (await readSettings()).env, { NODE_ENV: 'production' })
    await import(pathToFileURL(program).href)
  } catch (error) {
    if (!(error instanceof PlainError)) throw error
    for (const sentence of error.message.split('\n')) warn(sentence)
    process.exitCode = 1
  }
}
