/** One engine per data directory: the lock names the process that holds it, and is void once that process has exited. */
import { linkSync, readFileSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { type HostProcess, hostProcessSchema, identify, isRunning } from '../isolation/host-process'
import { writeFileAtomic } from '../state/atomic-file'

const holderSchema = hostProcessSchema.extend({ apiUrl: z.string() })

export type LockResult = { taken: false; lock: EngineLock } | { taken: true; apiUrl: string; pid: number }

export interface EngineLock {
  /** Publish the engine's address, once its port is known. */
  announce(apiUrl: string): void
  release(): void
}

/** Take the lock, or return its holder. Throws when the folder is not writable. */
export function takeEngineLock(dataDir: string): LockResult {
  const file = path.join(dataDir, 'engine.lock')
  const draft = `${file}.${process.pid}`
  const write = (apiUrl: string) => writeFileAtomic(draft, JSON.stringify({ ...identify(process.pid), apiUrl }))
  write('')
  try {
    for (;;) {
      // Linking is atomic, so only one of two engines that start together gets the lock.
      if (linkExclusively(draft, file)) break
      const other = readHolder(file)
      if (other && isRunning(other)) return { taken: true, apiUrl: other.apiUrl, pid: other.pid }
      rmSync(file, { force: true })
    }
  } finally {
    rmSync(draft, { force: true })
  }
  return {
    taken: false,
    lock: {
      announce: (apiUrl) => {
        write(apiUrl)
        renameSync(draft, file)
      },
      release: () => rmSync(file, { force: true }),
    },
  }
}

function linkExclusively(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function readHolder(file: string): (HostProcess & { apiUrl: string }) | null {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    // The lock was removed meanwhile or is unreadable: it has no holder.
    return null
  }
}
