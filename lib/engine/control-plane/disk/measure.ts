/** Disk usage of a sandbox in blocks, so that holes do not count and hard links count once. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { DiskUsage } from '@/lib/process-api/sandbox'
import type { SandboxFolder } from '../../isolation/isolation'
import { ProcessSnapshot } from '../../linux/process-table'
import { Semaphore } from '../../state/semaphore'
import { deletedBytes } from './deleted-files'
import { whileFrozen } from './freeze'
import { ownerCommand, ownerEnvironment } from './owner-command'

const run = promisify(execFile)
/** Give up on homes with millions of files. */
const measureTimeoutMs = 60_000
/** Maximum duration of a freeze. */
const frozenTimeoutMs = 10_000
/** Each measurement visits every file of a sandbox. */
const measuring = new Semaphore(2)
/** Urgent measurements do not wait behind slow ones. */
const measuringFrozen = new Semaphore(2)

export interface FrozenUsage {
  readonly usage: DiskUsage
  /** Bytes of deleted files that are still open, which `usage` does not include. */
  readonly deletedBytes: number
}

/** Resolves with null when measuring fails. Symbolic links are not followed. */
export async function measureSandbox(folder: SandboxFolder, signal?: AbortSignal): Promise<DiskUsage | null> {
  const permit = await measuring.acquire()
  try {
    return await measureNow(folder, measureTimeoutMs, signal)
  } finally {
    permit.release()
  }
}

/** Like `measureSandbox`, with all programs frozen; null also when freezing fails or measuring takes too long. */
export async function measureFrozen(folder: SandboxFolder): Promise<FrozenUsage | null> {
  const permit = await measuringFrozen.acquire()
  try {
    return await whileFrozen(folder, async () => {
      const usage = await measureNow(folder, frozenTimeoutMs)
      const deleted = usage && (await deletedBytes(folder, new ProcessSnapshot()))
      return usage && deleted !== null ? { usage, deletedBytes: deleted } : null
    })
  } finally {
    permit.release()
  }
}

async function measureNow(folder: SandboxFolder, timeout: number, signal?: AbortSignal): Promise<DiskUsage | null> {
  try {
    const [program, ...args] = await ownerCommand(['du', '-sk', '--', folder.home, folder.tmp, folder.state])
    const options = { env: ownerEnvironment, timeout, killSignal: 'SIGKILL', signal } as const
    const { stdout } = await run(program, args, options).catch((error: unknown) => {
      // du reports files that vanish meanwhile as errors but counts the others.
      if (error instanceof Error && 'stdout' in error && 'code' in error && error.code === 1) {
        return { stdout: String(error.stdout) }
      }
      throw error
    })
    const lines = stdout.split('\n').map((line) => line.split('\t'))
    const sizeOf = (name: string) => {
      const size = lines.find(([, measured]) => measured === name)?.[0]
      return size === undefined ? Number.NaN : Number(size) * 1024
    }
    const homeBytes = sizeOf(folder.home)
    const totalBytes = homeBytes + sizeOf(folder.tmp) + sizeOf(folder.state)
    if (!Number.isSafeInteger(totalBytes)) return null
    return { homeBytes, totalBytes, measuredAt: new Date().toISOString() }
  } catch {
    return null
  }
}
