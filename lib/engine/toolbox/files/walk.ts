/** Walks a folder tree. */
import { lstat, statfs } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { systemPath } from '@/lib/process-api/byte-names'
import { errorName } from './file-errors'
import { readFolder } from './read-folder'

export interface VisitedEntry {
  /** The caller's start path, joined with the rest. */
  path: string
  absolute: string
  name: string
  isFile: boolean
}

/** Kernel file systems: their files may be endless, or block when they are read. */
const kernelFileSystems = new Set([
  0x9fa0, // proc
  0x62656572, // sysfs
  0x74726163, // tracefs
  0x64626720, // debugfs
  0x27e0eb, // cgroup
  0x63677270, // cgroup2
])

/**
 * Visit the start and everything below it, folders before their contents, sorted by name. Links are visited, not
 * followed. Unreadable entries below the start are skipped, as are kernel file systems unless the start is in one.
 * @throws the system's error if the start cannot be read
 */
export async function* walk(path: string, absolute: string): AsyncIterable<VisitedEntry> {
  const start = await lstat(systemPath(absolute))
  const name = basename(absolute)
  yield { path: join(path), absolute, name, isFile: start.isFile() }
  if (start.isDirectory()) yield* walkBelow(join(path), absolute, start.dev)
  // If the start is a link to a folder, the reference does not follow it either.
}

async function* walkBelow(path: string, absolute: string, device: number): AsyncIterable<VisitedEntry> {
  const entries = await nullOnError(readFolder(absolute))
  entries?.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries ?? []) {
    const child = { path: join(path, entry.name), absolute: join(absolute, entry.name) }
    yield { ...child, name: entry.name, isFile: entry.isFile() }
    if (!entry.isDirectory()) continue
    const stats = await nullOnError(lstat(systemPath(child.absolute)))
    if (!stats || (stats.dev !== device && (await isKernelFileSystem(child.absolute)))) continue
    yield* walkBelow(child.path, child.absolute, stats.dev)
  }
}

async function isKernelFileSystem(folder: string): Promise<boolean> {
  const mounted = await nullOnError(statfs(systemPath(folder)))
  return mounted === null || kernelFileSystems.has(mounted.type)
}

/** Null if the path is unreadable or was deleted meanwhile. */
async function nullOnError<Result>(work: Promise<Result>): Promise<Result | null> {
  try {
    return await work
  } catch (error) {
    if (errorName(error) === undefined) throw error
    return null
  }
}
