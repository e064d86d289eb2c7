import { createHash } from 'node:crypto'
import { watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { root } from '../building/freshness.mjs'
import { launch } from './main.mjs'
import { say, warn } from './say.mjs'

/** An editor saves in several steps, and several files at once. */
const settleMs = 100

/**
 * Both programs from the sources. Pages renew themselves (Next); the engine and the console's server are bundled again
 * when a file changes and started again when that changed the bundle.
 */
export function develop() {
  return launch(['engine', 'console'], { environment: 'development', build, started })
}

async function build() {
  say('Building the engine and the console')
  const { buildEngine, buildServer } = await parts()
  await buildEngine()
  await buildServer()
}

async function started(supervisor) {
  const { buildEngine, buildServer } = await parts()
  // Killed, not asked: an engine that is asked to end stops its sandboxes, one that is killed finds them again.
  await renew('engine', ['lib/engine', 'lib/process-api', 'lib/edge'], buildEngine, () =>
    supervisor.restart('the engine', 'SIGKILL'),
  )
  const served = ['server.ts', 'lib/auth', 'lib/edge', 'lib/live', 'lib/process-api', 'lib/targets']
  await renew('server', served, buildServer, () => supervisor.restart('the console', 'SIGTERM'))
  say('Watching the sources. A change of the toolbox reaches sandboxes that are started from then on.')
}

/** Loaded late: it needs esbuild, which may have to be installed first. */
function parts() {
  return import('../building/parts.mjs')
}

/** Watch sources; on a change build, and if that changed the program's bundle, start it again. */
async function renew(bundle, sources, build, restart) {
  const file = path.join(root, 'dist', `${bundle}.mjs`)
  let running = await digest(file)
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
      warn(error.plain ?? `The ${bundle} was not built; the one before goes on.`)
    } finally {
      busy = false
    }
  }
  for (const source of sources) {
    watch(path.join(root, source), { recursive: true }, () => {
      clearTimeout(timer)
      timer = setTimeout(changed, settleMs)
    })
  }
}

async function digest(file) {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
}
