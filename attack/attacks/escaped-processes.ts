import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Attack } from '../attack'
import type { HostileSandbox } from '../sandbox'

const endTimeoutMs = 5_000
const settleMs = 10_000
let marks = 100_000 + (process.pid % 10_000) * 10

type Way = (sandbox: HostileSandbox, command: string) => Promise<() => Promise<unknown>>

/** What owns processes, and how to end it. */
const owners: Record<string, Way> = {
  'a session': async (sandbox, command) => {
    await sandbox.ask('POST', '/process/session', { sessionId: 'escape' })
    await sandbox.ask('POST', '/process/session/escape/exec', { command }, 15_000)
    return () => sandbox.ask('DELETE', '/process/session/escape')
  },
  'a session with a running command': async (sandbox, command) => {
    await sandbox.ask('POST', '/process/session', { sessionId: 'escape2' })
    await sandbox.ask('POST', '/process/session/escape2/exec', { command: `${command}; cat`, runAsync: true })
    return () => sandbox.ask('DELETE', '/process/session/escape2')
  },
  'a session that ends itself': async (sandbox, command) => {
    await sandbox.ask('POST', '/process/session', { sessionId: 'escape3' })
    await sandbox.ask('POST', '/process/session/escape3/exec', { command: `${command}; kill -9 $$` }, 15_000)
    return () => sandbox.ask('DELETE', '/process/session/escape3')
  },
  'the sandbox': async (sandbox, command) => {
    await sandbox.ask('POST', '/process/execute', { command }, 15_000)
    return () => sandbox.control('POST', '/stop', undefined, 30_000)
  },
}

export const escapedProcesses: Attack = {
  name: 'escaped-processes',
  lines: [12],
  isForPlainProcesses: false,
  defaultSetup: 'ordinary',
  description:
    'starts processes that leave their session, clear their environment and kill their supervisors; then the session is deleted',

  async run(world) {
    const sandbox = await world.sandbox()
    await sandbox.bring('escaped.py')
    for (const [name, start] of Object.entries(owners)) {
      marks += 1
      const mark = String(marks)
      const end = await start(sandbox, `python3 ~/escaped.py ${mark} leave`)
      await settled(mark)
      if (sleeping(mark) === 0) throw new Error(`nothing escaped from ${name}`)
      // Killing their supervisors may end them, but must not free them.
      await sandbox.askOnce('POST', '/process/session/escape/exec', { command: `python3 ~/escaped.py ${mark} kill` })
      await end()
      const deadline = performance.now() + endTimeoutMs
      while (sleeping(mark) > 0 && performance.now() < deadline) await delay(50)
      if (sleeping(mark) > 0) world.breach(`${sleeping(mark)} processes of ${name} survive it`)
    }
  },
}

/** Wait until their number is stable; those that fork repeatedly take longest. */
async function settled(mark: string): Promise<void> {
  const deadline = performance.now() + settleMs
  let before = -1
  while (performance.now() < deadline) {
    const now = sleeping(mark)
    if (now > 0 && now === before) return
    before = now
    await delay(250)
  }
}

/** The number of processes on the machine that sleep for this many seconds. */
function sleeping(mark: string): number {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'latin1') === `/bin/sleep\0${mark}\0`
    } catch {
      // The process has exited meanwhile.
      return false
    }
  }).length
}
