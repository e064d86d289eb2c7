/** The source files that the checks of this folder read. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from '../building/freshness.mjs'

/**
 * Files that git tracks or would track, so that a new file is checked before it is committed.
 * @param {RegExp} pattern of paths relative to the checkout
 * @returns {{file: string, text: string}[]}
 */
export function sources(pattern) {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard']
  const { stdout, status, stderr } = spawnSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 })
  if (status !== 0) throw new Error(`git ls-files failed: ${stderr}`)
  const files = stdout.split('\n').filter((file) => pattern.test(file) && existsSync(path.join(root, file)))
  return files.map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }))
}
