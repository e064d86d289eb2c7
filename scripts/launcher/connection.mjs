/** Waits until the engine and the console are ready. */
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf, PlainError } from '../errors.mjs'

const startTimeoutMs = 60_000
const pollMs = 25

/**
 * Resolves with the engine's addresses once it responds on its port and has written engine.json.
 * @param {{dataDir: string, enginePort: number}} settings
 * @param {AbortSignal} signal
 * @returns {Promise<{apiUrl: string, toolboxUrl: string}>}
 */
export async function awaitEngine(settings, signal) {
  const deadline = performance.now() + startTimeoutMs
  while (performance.now() < deadline) {
    signal.throwIfAborted()
    const { apiUrl, toolboxUrl } = await readConnection(settings.dataDir)
    if (apiUrl && portOf(apiUrl) === settings.enginePort && toolboxUrl && (await isHealthy(settings.enginePort))) {
      return { apiUrl, toolboxUrl }
    }
    await delay(pollMs, undefined, { signal })
  }
  throw notReady('The engine')
}

/**
 * Resolves with the console's address and sign-in link, which it sends over its IPC channel. The file alone is not enough:
 * it may contain the link of an earlier console, and a full disk keeps the new one out of it.
 * @template Ready
 * @param {Promise<Ready>} ready
 * @param {AbortSignal} signal
 * @returns {Promise<Ready>}
 */
export async function awaitConsole(ready, signal) {
  const controller = new AbortController()
  const timeout = delay(startTimeoutMs, undefined, { signal: AbortSignal.any([signal, controller.signal]) })
  try {
    return await Promise.race([ready, timeout.then(() => Promise.reject(notReady('The console')))])
  } finally {
    controller.abort()
  }
}

/**
 * Remove what an earlier start wrote, so that programs that wait for connection.json get the new one.
 * @param {string} dataDir
 */
export async function forgetConnection(dataDir) {
  for (const name of ['connection.json', 'engine.json']) await rm(path.join(dataDir, name), { force: true })
}

/**
 * @param {string} dataDir
 * @returns {Promise<{apiUrl?: string, toolboxUrl?: string}>}
 */
async function readConnection(dataDir) {
  try {
    return JSON.parse(await readFile(path.join(dataDir, 'engine.json'), 'utf8'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return {}
    throw error
  }
}

/** @param {string} url */
function portOf(url) {
  return URL.canParse(url) ? Number(new URL(url).port) : undefined
}

/** @param {number} port */
async function isHealthy(port) {
  try {
    return (await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(5_000) })).ok
  } catch (error) {
    if (error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError')) return false
    throw error
  }
}

/** @param {string} name */
function notReady(name) {
  return new PlainError(`${name} was not ready within ${startTimeoutMs / 1000} s; the lines above may say why.`)
}
