/** connection.json: what the engine and the console write when they are ready, read here to know that they are. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { PlainError } from './say.mjs'

const startTimeoutMs = 60_000
const pollMs = 25
/** How long a console that answers may take to write its link down. */
const linkTimeoutMs = 5_000

/** The file's contents, or an empty object while there is none. */
export async function readConnection(dataDir) {
  try {
    return JSON.parse(await readFile(path.join(dataDir, 'connection.json'), 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return {}
    throw error
  }
}

/** Resolves with the connection once the engine answers on its port and has said so. */
export async function awaitEngine(settings, signal) {
  return await poll('The engine', signal, async () => {
    const { apiUrl, toolboxUrl } = await readConnection(settings.dataDir)
    if (portOf(apiUrl) !== settings.enginePort || toolboxUrl === undefined) return undefined
    return (await answers(`http://127.0.0.1:${settings.enginePort}/health`)) ? { apiUrl, toolboxUrl } : undefined
  })
}

/**
 * Resolves with the console's address and sign-in link once it answers. A link that was in the file before it started
 * is of an earlier console. Without a link after some seconds the file cannot be written: the console then says why.
 */
export async function awaitConsole(settings, before, signal) {
  const host = ['0.0.0.0', '::'].includes(settings.host) ? '127.0.0.1' : settings.host
  const address = `http://${host.includes(':') ? `[${host}]` : host}:${settings.port}`
  let answeredAt = Number.POSITIVE_INFINITY
  return await poll('The console', signal, async () => {
    const { consoleUrl, signInUrl } = await readConnection(settings.dataDir)
    const fresh = signInUrl !== undefined && signInUrl !== before.signInUrl && portOf(consoleUrl) === settings.port
    if (!(await answers(address))) return undefined
    if (fresh) return { consoleUrl, signInUrl }
    answeredAt = Math.min(answeredAt, performance.now())
    return performance.now() - answeredAt > linkTimeoutMs ? { consoleUrl: address, signInUrl: undefined } : undefined
  })
}

function portOf(url) {
  return URL.canParse(url ?? '') ? Number(new URL(url).port) : undefined
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
