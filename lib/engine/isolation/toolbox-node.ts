import { constants } from 'node:fs'
import { chmod, copyFile, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'

/**
 * Copy the node binary into one that is executable but not readable. The kernel treats its processes as not dumpable, so
 * processes of the same user can neither trace them nor take their descriptors. No process inside has the toolbox's pid, but
 * a peer of its sockets can request a pidfd (SO_PEERPIDFD); then this protects its descriptors from pidfd_getfd(2), besides
 * the seccomp filter. Copied once per node binary, about 100 MB. Returns the path.
 */
export async function prepareToolboxNode(dataDir: string, source = process.execPath): Promise<string> {
  const target = path.join(dataDir, 'toolbox-node')
  const note = path.join(dataDir, 'toolbox-node.json')
  const { size, mtimeMs } = await stat(source)
  const expected = JSON.stringify({ source, size, mtimeMs, version: process.version })
  if ((await read(note)) === expected && (await isComplete(target, size))) return target
  const draft = `${target}.${process.pid}`
  try {
    await copyFile(source, draft, constants.COPYFILE_FICLONE)
    await chmod(draft, 0o111)
    await rename(draft, target)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  await writeFile(note, expected, { mode: 0o600 })
  return target
}

async function isComplete(target: string, size: number): Promise<boolean> {
  try {
    const copy = await stat(target)
    return copy.size === size && (copy.mode & 0o777) === 0o111
  } catch {
    // Missing or not accessible; it will be copied again.
    return false
  }
}

async function read(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    // There is no note before the first copy.
    return null
  }
}
