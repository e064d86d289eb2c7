/** Automatic actions: stops idle sandboxes, and archives or deletes those that stay stopped too long or have expired. */
import { z } from 'zod'
import { log } from '@/lib/log/log'
import type { Sandbox } from '../sandbox/sandbox'
import { causes, type StopCause } from '../sandbox/stop-cause'
import type { Sandboxes } from './sandboxes'

const checkIntervalMs = 5_000
const workTimeoutMs = 5_000
const minuteMs = 60_000
/** Minutes. As in the reference, this also applies to sandboxes whose interval is 0. */
export const maxAutoArchiveMinutes = 43_200
/** Delay before the next attempt to archive a sandbox after a failure, such as a full disk. */
const archiveRetryMs = 3_600_000

const workSchema = z.object({ unfinished: z.number() })

/** Check all sandboxes at an interval until the returned function is called. */
export function watchIdle(sandboxes: Sandboxes): () => void {
  /** Sandboxes whose last check is still running: a stop takes a while. */
  const checking = new Set<Sandbox>()
  const timer = setInterval(() => {
    for (const sandbox of sandboxes) {
      if (checking.has(sandbox)) continue
      checking.add(sandbox)
      checkSandbox(sandbox)
        .catch((error: unknown) => log.error({ err: error }, `checking sandbox ${sandbox.record.id} failed`))
        .finally(() => checking.delete(sandbox))
    }
  }, checkIntervalMs)
  timer.unref()
  return () => clearInterval(timer)
}

async function checkSandbox(sandbox: Sandbox): Promise<void> {
  const { record } = sandbox
  if (sandbox.state === 'destroying') return
  if (record.autoDestroyAt !== null && Date.now() >= Date.parse(record.autoDestroyAt)) {
    await sandbox.destroy(causes.ttlExpired)
    return
  }
  if (
    sandbox.state === 'started' &&
    record.autoStopInterval > 0 &&
    isPast(record.lastActivityAt, record.autoStopInterval)
  ) {
    // A running program counts as activity, even without requests.
    if (await isBusy(sandbox)) sandbox.noteActivity()
    // A request may have arrived meanwhile.
    else if (isPast(record.lastActivityAt, record.autoStopInterval)) {
      await stopSandbox(sandbox, causes.idle(record.autoStopInterval))
    }
  }
  // An interval of 0 is checked here too: the sandbox may have been stopped by an engine shutdown.
  if (
    (sandbox.state === 'stopped' || sandbox.state === 'archived') &&
    record.autoDeleteInterval >= 0 &&
    record.stoppedAt !== null
  ) {
    if (isPast(record.stoppedAt, record.autoDeleteInterval))
      await sandbox.destroy(causes.autoDelete(record.autoDeleteInterval))
  }
  await archiveIfDue(sandbox)
}

/** When archiving may be tried again, for sandboxes that could not be archived. */
const archiveRetryAt = new WeakMap<Sandbox, number>()
/** Compressing uses a core, so one sandbox is archived at a time. */
let isArchiving = false

async function archiveIfDue(sandbox: Sandbox): Promise<void> {
  const { autoArchiveInterval, stoppedAt } = sandbox.record
  if (sandbox.state !== 'stopped' || stoppedAt === null || isArchiving) return
  if (!isPast(stoppedAt, autoArchiveInterval === 0 ? maxAutoArchiveMinutes : autoArchiveInterval)) return
  if (performance.now() < (archiveRetryAt.get(sandbox) ?? 0)) return
  isArchiving = true
  try {
    await sandbox.archive()
  } catch (error) {
    // A client may have started it meanwhile.
    if (sandbox.state !== 'stopped') return
    archiveRetryAt.set(sandbox, performance.now() + archiveRetryMs)
    throw error
  } finally {
    isArchiving = false
  }
}

/** Stop, and delete at once if requested (`autoDeleteInterval` 0, the SDK's `ephemeral`). */
export async function stopSandbox(sandbox: Sandbox, cause: StopCause, force = false): Promise<void> {
  await sandbox.stop(cause, force)
  if (sandbox.record.autoDeleteInterval === 0) await sandbox.destroy(causes.autoDelete(0))
}

function isPast(since: string, minutes: number): boolean {
  return Date.now() - Date.parse(since) >= minutes * minuteMs
}

async function isBusy(sandbox: Sandbox): Promise<boolean> {
  const work = await sandbox.requireLink().call('GET', '/internal/work', undefined, workTimeoutMs)
  return workSchema.parse(work).unfinished > 0
}
