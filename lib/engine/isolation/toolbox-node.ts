import { constants } from 'node:fs'
import { chmod, copyFile, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'

/**
 * A copy of the node binary that may be executed but not read. The kernel treats a process that runs such a file as
 * not dumpable: others of the same user can neither trace it nor take its descriptors. Nothing inside has a pid of the
 * toolbox, but what it shares a socket with can ask the kernel for a pidfd of the other end (SO_PEERPIDFD), and then
 * this is what keeps its descriptors from pidfd_getfd(2), besides the filter of system calls.
 * Made once for each node binary, about 100 MB.
 * @returns its path
 */
export async function prepareToolboxNode(dataDir: string, source = process.execPath): Promise<string> {
  const target = path.join(dataDir, 'toolbox-node')
  const note = path.join(dataDir, 'toolbox-node.json')
  const { size, mtimeMs } = await stat(source)
  const wanted = JSON.stringify({ source, size, mtimeMs, version: process.version })
  if ((await read(note)) === wanted && (await isComplete(target, size))) return target
  const draft = `${target}.${process.pid}`
  try {
    await copyFile(source, draft, constants.COPYFILE_FICLONE)
    await chmod(draft, 0o111)
    await rename(draft, target)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  await writeFile(note, wanted, { mode: 0o600 })
  return target
}

async function isComplete(target: string, size: number): Promise<boolean> {
  try {
    const copy = await stat(target)
    return copy.size === size && (copy.mode & 0o777) === 0o111
  } catch {
    // Not there yet, or not ours to look at: it is made anew.
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
