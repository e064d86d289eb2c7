/** One engine a data folder: the lock names the process that holds it, and is worth nothing once that is gone. */
import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { type HostProcess, hostProcess, identify, isRunning } from '../isolation/host-process'
import { writeFileAtomic } from '../toolbox/execution/atomic-file'

const lock = hostProcess.extend({ apiUrl: z.string() })

export type LockAnswer = { taken: false; release(): void } | { taken: true; apiUrl: string; pid: number }

/** Take the lock, or say who has it. Throws when the folder cannot be written. */
export function takeEngineLock(dataDir: string, apiUrl: string): LockAnswer {
  const file = path.join(dataDir, 'engine.lock')
  const holder = readHolder(file)
  if (holder && holder.pid !== process.pid && isRunning(holder))
    return { taken: true, apiUrl: holder.apiUrl, pid: holder.pid }
  writeFileAtomic(file, JSON.stringify({ ...identify(process.pid), apiUrl }))
  return { taken: false, release: () => rmSync(file, { force: true }) }
}

function readHolder(file: string): (HostProcess & { apiUrl: string }) | null {
  try {
    return lock.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    // No lock, or one that a crash left half: nobody holds it.
    return null
  }
}
