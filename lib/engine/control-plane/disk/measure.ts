/** How much of the disk a sandbox takes: blocks, not lengths, so that a hole counts nothing and a link once. */
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
/** A home of millions of files is not measured rather than waited for. */
const longestMs = 60_000
/** Nobody's programs stand still for longer than this. */
const longestFrozenMs = 10_000
/** Each looks at every file of a sandbox. */
const measuring = new Semaphore(2)
/** An emergency does not wait behind slow trees. */
const measuringFrozen = new Semaphore(2)

export interface FrozenUsage {
  readonly usage: DiskUsage
  /** Bytes of files without a name, which `usage` lacks. */
  readonly deletedBytes: number
}

/** Resolves with null where it cannot be measured. Links that the sandbox made are not followed. */
export async function measureSandbox(folder: SandboxFolder, signal?: AbortSignal): Promise<DiskUsage | null> {
  const turn = await measuring.acquire()
  try {
    return await measureNow(folder, longestMs, signal)
  } finally {
    turn.release()
  }
}

/** As `measureSandbox`, while none of its programs runs; null also where they cannot be stopped, or it takes long. */
export async function measureFrozen(folder: SandboxFolder): Promise<FrozenUsage | null> {
  const turn = await measuringFrozen.acquire()
  try {
    return await whileFrozen(folder, async () => {
      const usage = await measureNow(folder, longestFrozenMs)
      return usage && { usage, deletedBytes: deletedBytes(folder, new ProcessSnapshot()) }
    })
  } finally {
    turn.release()
  }
}

async function measureNow(folder: SandboxFolder, timeout: number, signal?: AbortSignal): Promise<DiskUsage | null> {
  try {
    const [program, ...args] = await ownerCommand(['du', '-sk', '--', folder.home, folder.tmp, folder.state])
    const options = { env: ownerEnvironment, timeout, killSignal: 'SIGKILL', signal } as const
    const { stdout } = await run(program, args, options).catch((error: unknown) => {
      // Files that go while they are counted make it complain, and still it counts the others.
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
