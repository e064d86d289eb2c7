/** Programs that run to their end before anything is started: the installation and the build. */
import { spawn } from 'node:child_process'
import { root } from '../building/freshness.mjs'

/**
 * Run a program in the checkout, its output going where ours goes.
 * An abort ends it; the promise resolves with its exit code, or null when a signal ended it.
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
