/**
 * The sandboxes of an engine that was killed. They are made to outlive it, so that its next start takes them over; when
 * everything is to end and the engine could not end them itself, that is done here.
 */
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** What each process of a sandbox has in its environment, besides the sandbox's id. */
const mark = 'SANDGLASS_SANDBOX='

/** Kill every process of every sandbox of this data folder. Where all have ended already it does nothing. */
export async function endSandboxes(dataDir) {
  const folder = path.join(dataDir, 'sandboxes')
  const ids = await orEmpty(readdir(folder))
  const noted = []
  for (const id of ids) noted.push(...(await notedProcesses(path.join(folder, id, 'runtime.json'))))
  for (const { pid, startTicks } of noted) {
    if ((await startTicksOf(pid)) === startTicks) kill(pid)
  }
  // Without a PID namespace, what a command left running has to be found one by one.
  if (ids.length === 0) return
  const marks = new Set(ids.map((id) => mark + id))
  for (const name of await orEmpty(readdir('/proc'))) {
    if (!/^\d+$/.test(name)) continue
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '')
    if (environment.split('\0').some((entry) => marks.has(entry))) kill(Number(name))
  }
}

/** The engine's note on what it started for a sandbox; none when it ended it, or in an earlier boot. */
async function notedProcesses(file) {
  try {
    const note = JSON.parse(await readFile(file, 'utf8'))
    const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
    return note.bootId === bootId ? [note.main, note.outer, note.helper].filter(Boolean) : []
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error instanceof SyntaxError) return []
    throw error
  }
}

/** A pid is given out again; with its start time it names one process. Field 22 of stat, behind a name in brackets. */
async function startTicksOf(pid) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19])
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

async function orEmpty(reading) {
  try {
    return await reading
  } catch (error) {
    if (error.code === 'ENOENT') return []
    throw error
  }
}
