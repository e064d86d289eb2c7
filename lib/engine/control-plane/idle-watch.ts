/** Intervals that act by themselves: a sandbox that is idle is stopped, one that stays stopped is deleted. */
import { z } from 'zod'
import { executionState, hasEnded } from '@/lib/process-api/execution'
import type { Sandbox } from './sandbox'
import type { Sandboxes } from './sandboxes'

const lookMs = 5_000
const askTimeoutMs = 5_000
const minute = 60_000

const sessionStates = z.array(z.object({ commands: z.array(z.object({ state: executionState })) }))
const runStates = z.object({ runs: z.array(z.object({ state: executionState })) })

/** Look at all sandboxes at an interval until the returned function is called. */
export function watchIdle(sandboxes: Sandboxes): () => void {
  const timer = setInterval(() => {
    for (const sandbox of sandboxes) {
      lookAt(sandbox).catch((error: unknown) => console.error(`looking at sandbox ${sandbox.record.id} failed:`, error))
    }
  }, lookMs)
  timer.unref()
  return () => clearInterval(timer)
}

async function lookAt(sandbox: Sandbox): Promise<void> {
  const { record } = sandbox
  const idleMs = Date.now() - Date.parse(record.lastActivityAt)
  if (sandbox.state === 'started' && record.autoStopInterval > 0 && idleMs > record.autoStopInterval * minute) {
    // A build that runs for an hour is no idleness, though nobody looks at it.
    if (await runsSomething(sandbox)) sandbox.noteActivity()
    else await stopSandbox(sandbox)
  }
  // An interval of 0 is here, too: the engine itself may have stopped the sandbox.
  if (sandbox.state === 'stopped' && record.autoDeleteInterval >= 0 && record.stoppedAt !== null) {
    if (Date.now() - Date.parse(record.stoppedAt) >= record.autoDeleteInterval * minute) await sandbox.destroy()
  }
}

/** Stop, and delete at once where that was asked for (`autoDeleteInterval` 0, the SDK's `ephemeral`). */
export async function stopSandbox(sandbox: Sandbox, force = false): Promise<void> {
  await sandbox.stop(force)
  if (sandbox.record.autoDeleteInterval === 0) await sandbox.destroy()
}

async function runsSomething(sandbox: Sandbox): Promise<boolean> {
  const link = sandbox.requireLink()
  const [sessions, runs] = await Promise.all([
    link.ask('GET', '/process/session', undefined, askTimeoutMs).then((it) => sessionStates.parse(it)),
    link.ask('GET', '/process/run?limit=100', undefined, askTimeoutMs).then((it) => runStates.parse(it)),
  ])
  const states = [...sessions.flatMap((session) => session.commands), ...runs.runs].map((it) => it.state)
  return states.some((state) => !hasEnded(state))
}
