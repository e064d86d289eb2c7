/**
 * The sandboxes of an engine that was killed. They survive it, so that its next start adopts them. When everything is to
 * stop and the engine could not end them itself, they are ended here.
 */
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { codeOf } from '../errors.mjs'
import { isRunning, signalProcess } from './host-process.mjs'

/** What each process of a sandbox has in its environment, besides the sandbox's id. */
const mark = 'SANDGLASS_SANDBOX='

/**
 * Kill every process of every sandbox of this data directory. Does nothing when all have ended already.
 * @param {string} dataDir
 * @returns {Promise<number>} of processes that were killed
 */
export async function endSandboxes(dataDir) {
  const folder = path.join(dataDir, 'sandboxes')
  const ids = await orEmpty(readdir(folder))
  const noted = []
  for (const id of ids) noted.push(...(await notedProcesses(path.join(folder, id, 'runtime.json'))))
  const running = noted.filter(isRunning)
  for (const started of running) signalProcess(started, 'SIGKILL')
  // Without a PID namespace, what a command left running has to be found one by one.
  let count = running.length
  if (ids.length === 0) return count
  const marks = new Set(ids.map((id) => mark + id))
  for (const name of await orEmpty(readdir('/proc'))) {
    if (!/^\d+$/.test(name)) continue
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '')
    if (!environment.split('\0').some((entry) => marks.has(entry))) continue
    kill(Number(name))
    count += 1
  }
  return count
}

/**
 * The engine's note of what it started for a sandbox; empty when it ended that, or in an earlier boot.
 * @param {string} file
 * @returns {Promise<import('./host-process.mjs').HostProcess[]>}
 */
async function notedProcesses(file) {
  try {
    const note = JSON.parse(await readFile(file, 'utf8'))
    const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
    return note.bootId === bootId ? [note.main, note.outer, note.helper].filter(Boolean) : []
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '') || error instanceof SyntaxError) return []
    throw error
  }
}

/** @param {number} pid */
function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}

/**
 * @param {Promise<string[]>} reading
 * @returns {Promise<string[]>}
 */
async function orEmpty(reading) {
  try {
    return await reading
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}
