import { createHash } from 'node:crypto'
import { watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { recordBuilt, root, sourcesOf } from '../building/freshness.mjs'
import { PlainError } from '../errors.mjs'
import { launch } from './main.mjs'
import { say, warn } from './say.mjs'

/** An editor saves in several steps, and several files at once. */
const settleMs = 100

/**
 * Both programs from the sources. Next reloads pages by itself; the engine and the console's server are bundled again when
 * a file changes, and restarted when the bundle changed.
 */
export function develop() {
  return launch(['engine', 'console'], { environment: 'development', build, started })
}

async function build() {
  say('Building the engine and the console')
  const { buildEngine, buildServer } = await parts()
  // From now on these are built without a record.
  for (const part of /** @type {const} */ (['engine', 'server'])) await recordBuilt(part, undefined)
  await buildEngine()
  await buildServer()
}

/** @param {ReturnType<typeof import('./supervisor.mjs').createSupervisor>} supervisor */
async function started(supervisor) {
  const { buildEngine, buildServer } = await parts()
  // An engine that ends on request stops its sandboxes; one that is killed adopts them at its next start.
  await rebuildOnChange('engine', buildEngine, () => supervisor.restart('the engine', 'SIGKILL'))
  await rebuildOnChange('server', buildServer, () => supervisor.restart('the console', 'SIGTERM'))
  say('Watching the sources. A change of the toolbox reaches sandboxes that are started from then on.')
}

/** Loaded late, because esbuild may have to be installed first. */
function parts() {
  return import('../building/parts.mjs')
}

/**
 * Watch sources. On a change, build the bundle, and restart its program if the bundle changed.
 * @param {'engine' | 'server'} bundle
 * @param {() => Promise<void>} build
 * @param {() => void} restart
 */
async function rebuildOnChange(bundle, build, restart) {
  const file = path.join(root, 'dist', `${bundle}.mjs`)
  let running = await digest(file)
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  let busy = false
  const changed = async () => {
    if (busy) {
      timer = setTimeout(changed, settleMs)
      return
    }
    busy = true
    try {
      await build()
      const built = await digest(file)
      if (built !== running) restart()
      running = built
    } catch (error) {
      warn(error instanceof PlainError ? error.message : `The ${bundle} was not built; the previous one keeps running.`)
    } finally {
      busy = false
    }
  }
  for (const source of sourcesOf(bundle)) {
    watch(path.join(root, source), { recursive: true }, () => {
      clearTimeout(timer)
      timer = setTimeout(changed, settleMs)
    })
  }
}

/** @param {string} file */
async function digest(file) {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
}
