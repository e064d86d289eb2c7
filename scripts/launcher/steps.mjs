/** Programs that run to their end before anything is started: the installation and the build. */
import { spawn } from 'node:child_process'
import { root } from '../building/freshness.mjs'

/**
 * Run a program in the checkout. Its output goes where ours goes, and an abort ends it.
 * @param {string} command
 * @param {string[]} args
 * @param {{signal?: AbortSignal, env?: NodeJS.ProcessEnv | Record<string, string>, quiet?: boolean}} [options]
 * @returns {Promise<number | null>} its exit code, or null when a signal ended it
 */
export function runStep(command, args, { signal, env = {}, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', quiet ? 'ignore' : 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    })
    const end = () => child.kill('SIGTERM')
    signal?.addEventListener('abort', end, { once: true })
    child.once('error', reject)
    child.once('close', (code) => {
      signal?.removeEventListener('abort', end)
      resolve(code)
    })
  })
}
