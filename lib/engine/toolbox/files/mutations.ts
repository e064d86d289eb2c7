/** Changes to the file tree: create a folder, move, set permissions, delete. */
import { chmod, chown, cp, lstat, readFile, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemPath } from '@/lib/process-api/byte-names'
import { ApiError } from '@/lib/process-api/errors'
import type { fileOperations } from '@/lib/process-api/operations/files'
import type { OperationHandler } from '../../http/operation-request'
import { errorName, withPathErrors } from './file-errors'
import { createFolders } from './folders'
import { checkedPath, type FileSpace } from './paths'
import { removeTree } from './remove-tree'

/** `POST /files/folder`: creates parents too and accepts an existing folder. The mode is octal text, 0755 by default. */
export function makeFolder(space: FileSpace): OperationHandler<typeof fileOperations.createFolder> {
  return async ({ query, reply }) => {
    const path = checkedPath(query.path)
    const mode = octal(query.mode) ?? 0o755
    const absolute = space.absolute(path)
    await withPathErrors(path, async () => {
      await space.refuseOwnTarget(absolute, path)
      const created = await createFolders(absolute, mode)
      // The umask has removed bits; set the requested mode on the requested folder.
      if (created) await chmod(systemPath(absolute), mode)
    })
    reply(201)
  }
}

/** `POST /files/move`: also across file systems, but never onto an existing path (409). */
export function moveFile(space: FileSpace): OperationHandler<typeof fileOperations.moveFile> {
  return async ({ query, reply }) => {
    const source = checkedPath(query.source, 'source')
    const destination = checkedPath(query.destination, 'destination')
    const from = space.absolute(source)
    const to = space.absolute(destination)
    await withPathErrors(source, async () => {
      await space.refuseOwnFolder(from, source)
      await lstat(systemPath(from))
    })
    await withPathErrors(destination, async () => {
      await space.refuseOwnFolder(to, destination)
      await stat(systemPath(dirname(to)))
      if (await exists(to)) throw new ApiError('CONFLICT', `destination already exists: ${destination}`)
      await renameOrCopy(from, to)
    })
    reply(200)
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(systemPath(path))
    return true
  } catch (error) {
    if (errorName(error) === 'ENOENT') return false
    throw error
  }
}

async function renameOrCopy(from: string, to: string): Promise<void> {
  try {
    await rename(systemPath(from), systemPath(to))
  } catch (error) {
    if (errorName(error) !== 'EXDEV') throw error
    if (systemPath(from) !== from || systemPath(to) !== to) {
      const message = 'a file whose name is not UTF-8 cannot be moved to another file system: rename it first'
      throw new ApiError('UNPROCESSABLE_ENTITY', message, {}, { cause: error })
    }
    try {
      await cp(from, to, {
        recursive: true,
        preserveTimestamps: true,
        verbatimSymlinks: true,
        errorOnExist: true,
        force: false,
      })
    } catch (copyError) {
      // Remove the partial copy: the original is still complete.
      await removeTree(to).catch(() => undefined)
      throw copyError
    }
    await removeTree(from)
  }
}

/** `POST /files/permissions`: mode (octal text), owner and group (name or number), each optional. */
export function setPermissions(space: FileSpace): OperationHandler<typeof fileOperations.setFilePermissions> {
  return async ({ query, reply }) => {
    const path = checkedPath(query.path)
    const mode = octal(query.mode)
    const owner = await idOf(query.owner, 'user', '/etc/passwd')
    const group = await idOf(query.group, 'group', '/etc/group')
    const absolute = space.absolute(path)
    await withPathErrors(path, async () => {
      await space.refuseOwnTarget(absolute, path)
      const stats = await stat(systemPath(absolute))
      // Ownership first: the kernel clears set-uid and set-gid when it changes.
      if (owner !== undefined || group !== undefined)
        await chown(systemPath(absolute), owner ?? stats.uid, group ?? stats.gid)
      if (mode !== undefined) await chmod(systemPath(absolute), mode)
    })
    reply(200)
  }
}

function octal(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number.parseInt(text, 8)
}

/** A numeric id, or a name that is looked up in `file`. */
async function idOf(value: string | undefined, kind: 'user' | 'group', file: string): Promise<number | undefined> {
  if (value === undefined) return undefined
  if (/^\d{1,10}$/.test(value)) return Number(value)
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    const [entry, , id] = line.split(':')
    if (entry === value && id !== undefined && /^\d+$/.test(id)) return Number(id)
  }
  throw new ApiError('BAD_REQUEST', `unknown ${kind}: ${value}`)
}

/** `DELETE /files`: folders only with `recursive=true`; a link is deleted, not its target. */
export function deleteFile(space: FileSpace): OperationHandler<typeof fileOperations.deleteFile> {
  return async ({ query, reply }) => {
    const path = checkedPath(query.path)
    const { recursive } = query
    const absolute = space.absolute(path)
    await withPathErrors(path, async () => {
      await space.refuseOwnFolder(absolute, path)
      const stats = await lstat(systemPath(absolute))
      if (stats.isDirectory() && !recursive) {
        throw new ApiError('INVALID_FILE_PATH', `path is a directory; delete it with recursive=true: ${path}`)
      }
      const root = await stat('/')
      if (stats.dev === root.dev && stats.ino === root.ino) {
        throw new ApiError('INVALID_FILE_PATH', 'the root folder cannot be deleted')
      }
      await removeTree(absolute)
    })
    reply(204)
  }
}
