/** Writes V8's code cache of the toolbox for the Node that runs the engine; starts of toolboxes then take a third less. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { log } from '@/lib/log/log'
import { digestOf, readCodeCache, toolboxBundle, toolboxEntry, writeCodeCacheArgument } from '../config/code-cache'
import { toolboxNodeArguments } from '../config/toolbox-config'

const writeTimeoutMs = 20_000

/**
 * Write the cache unless there is one for this bundle. Does nothing but log where it cannot be written, such as in a
 * read-only installation: toolboxes work without it.
 */
export async function ensureCodeCache(assetsDir: string): Promise<void> {
  try {
    const digest = digestOf(readFileSync(path.join(assetsDir, toolboxBundle)))
    if (readCodeCache(assetsDir, digest) !== undefined) return
    const entry = path.join(assetsDir, toolboxEntry)
    const options = { timeout: writeTimeoutMs, env: { NODE_ENV: 'production' } as const }
    await promisify(execFile)(process.execPath, [...toolboxNodeArguments, entry, writeCodeCacheArgument], options)
  } catch (error) {
    log.info({ err: error }, 'toolboxes start without a code cache')
  }
}
