/** What happens to sandboxes by itself: one that is idle is stopped, one that stays stopped or whose time is over is deleted. */
import { z } from 'zod'
import type { Sandbox } from '../sandbox/sandbox'
import { causes, type StopCause } from '../sandbox/stop-cause'
import type { Sandboxes } from './sandboxes'

const lookMs = 5_000
const askTimeoutMs = 5_000
const minute = 60_000

const workSchema = z.object({ unfinished: z.number() })

/** Look at all sandboxes at an interval until the returned function is called. */
export function watchIdle(sandboxes: Sandboxes): () => void {
  /** Those of which the last look is not over: a stop takes its time. */
  const looking = new Set<Sandbox>()
  const timer = setInterval(() => {
    for (const sandbox of sandboxes) {
      if (looking.has(sandbox)) continue
      looking.add(sandbox)
      lookAt(sandbox)
        .catch((error: unknown) => console.error(`looking at sandbox ${sandbox.record.id} failed:`, error))
        .finally(() => looking.delete(sandbox))
    }
  }, lookMs)
  timer.unref()
  return () => clearInterval(timer)
}

async function lookAt(sandbox: Sandbox): Promise<void> {
  const { record } = sandbox
  if (sandbox.state === 'destroying') return
  if (record.autoDestroyAt !== null && Date.now() >= Date.parse(record.autoDestroyAt)) {
    await sandbox.destroy(causes.ttlOver)
    return
  }
  if (
    sandbox.state === 'started' &&
    record.autoStopInterval > 0 &&
    isPast(record.lastActivityAt, record.autoStopInterval)
  ) {
    // A build that runs for an hour is no idleness, though nobody looks at it.
    if (await isBusy(sandbox)) sandbox.noteActivity()
    // Somebody may have come meanwhile.
    else if (isPast(record.lastActivityAt, record.autoStopInterval)) {
      await stopSandbox(sandbox, causes.idle(record.autoStopInterval))
    }
  }
  // An interval of 0 is here, too: the engine itself may have stopped the sandbox.
  if (sandbox.state === 'stopped' && record.autoDeleteInterval >= 0 && record.stoppedAt !== null) {
    if (isPast(record.stoppedAt, record.autoDeleteInterval))
      await sandbox.destroy(causes.autoDelete(record.autoDeleteInterval))
  }
}

/** Stop, and delete at once where that was asked for (`autoDeleteInterval` 0, the SDK's `ephemeral`). */
export async function stopSandbox(sandbox: Sandbox, cause: StopCause, force = false): Promise<void> {
  await sandbox.stop(cause, force)
  if (sandbox.record.autoDeleteInterval === 0) await sandbox.destroy(causes.autoDelete(0))
}

function isPast(since: string, minutes: number): boolean {
  return Date.now() - Date.parse(since) >= minutes * minute
}

async function isBusy(sandbox: Sandbox): Promise<boolean> {
  const answer = await sandbox.requireLink().ask('GET', '/internal/work', undefined, askTimeoutMs)
  return workSchema.parse(answer).unfinished > 0
}
