/** connection.json: what the engine and the console write when they are ready, read here to know that they are. */
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { PlainError } from './say.mjs'

const startTimeoutMs = 60_000
const pollMs = 25

/** The file's contents, or an empty object while there is none. */
export async function readConnection(dataDir) {
  try {
    return JSON.parse(await readFile(path.join(dataDir, 'connection.json'), 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return {}
    throw error
  }
}

/** Resolves with the connection once the engine answers on its port. */
export async function awaitEngine(settings, begun, signal) {
  return await poll('The engine', signal, async () => {
    if (!(await answers(`http://127.0.0.1:${settings.enginePort}/health`))) return undefined
    const connection = await writtenSince(settings.dataDir, begun)
    return connection?.apiUrl && connection.toolboxUrl ? connection : undefined
  })
}

/** Resolves with the connection once the console answers and has put its sign-in link there. */
export async function awaitConsole(settings, begun, signal) {
  return await poll('The console', signal, async () => {
    const connection = await writtenSince(settings.dataDir, begun)
    if (!connection?.consoleUrl || !connection.signInUrl) return undefined
    if (new URL(connection.consoleUrl).port !== String(settings.port)) return undefined
    return (await answers(connection.consoleUrl)) ? connection : undefined
  })
}

async function writtenSince(dataDir, begun) {
  const connection = await readConnection(dataDir)
  if (Object.keys(connection).length === 0) return undefined
  const { mtimeMs } = await stat(path.join(dataDir, 'connection.json'))
  return mtimeMs >= begun ? connection : undefined
}

/** Any answer counts: a page that asks for a sign-in is one. */
async function answers(url) {
  try {
    await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(5_000) })
    return true
  } catch (error) {
    if (error instanceof TypeError || error.name === 'TimeoutError') return false
    throw error
  }
}

async function poll(name, signal, attempt) {
  const deadline = performance.now() + startTimeoutMs
  while (performance.now() < deadline) {
    signal.throwIfAborted()
    const result = await attempt()
    if (result !== undefined) return result
    await delay(pollMs, undefined, { signal })
  }
  throw new PlainError(`${name} did not answer within ${startTimeoutMs / 1000} s; the lines above may say why.`)
}
