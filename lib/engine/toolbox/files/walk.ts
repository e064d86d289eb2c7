/** A folder and everything in it. */
import { lstat, readdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { errorName } from './failure'

export interface Visited {
  /** As the caller named the start, with the rest joined to it. */
  path: string
  absolute: string
  name: string
  isFile: boolean
}

/** File systems made by the kernel: their files may be endless, or wait for something before they can be read. */
const kernelFileSystems = new Set([
  0x9fa0, // proc
  0x62656572, // sysfs
  0x74726163, // tracefs
  0x64626720, // debugfs
  0x27e0eb, // cgroup
  0x63677270, // cgroup2
])

/**
 * Visit the start and all below it, folders before their contents, sorted by name. Links are visited, not followed.
 * What cannot be read below the start is left out, and so are the kernel's file systems unless the start is in one.
 * @throws the system's error when the start cannot be looked at
 */
export async function* walk(path: string, absolute: string): AsyncIterable<Visited> {
  const start = await lstat(absolute)
  const name = absolute.replace(/\/+$/, '').split('/').pop() ?? ''
  yield { path: join(path), absolute, name, isFile: start.isFile() }
  if (start.isDirectory()) yield* below(join(path), absolute, start.dev)
  // The start itself may be a link to a folder; the reference does not follow it either.
}

async function* below(path: string, absolute: string, device: number): AsyncIterable<Visited> {
  const entries = await orNull(readdir(absolute, { withFileTypes: true }))
  entries?.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries ?? []) {
    const child = { path: join(path, entry.name), absolute: join(absolute, entry.name) }
    yield { ...child, name: entry.name, isFile: entry.isFile() }
    if (!entry.isDirectory()) continue
    const stats = await orNull(lstat(child.absolute))
    if (!stats || (stats.dev !== device && (await isKernels(child.absolute)))) continue
    yield* below(child.path, child.absolute, stats.dev)
  }
}

async function isKernels(folder: string): Promise<boolean> {
  const mounted = await orNull(statfs(folder))
  return mounted === null || kernelFileSystems.has(mounted.type)
}

/** Null for what may not be read or has just gone. */
async function orNull<Result>(work: Promise<Result>): Promise<Result | null> {
  try {
    return await work
  } catch (error) {
    if (errorName(error) === undefined) throw error
    return null
  }
}
