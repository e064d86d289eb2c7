/** Changes to the file tree: create a folder, move, set permissions, delete. */
import { chmod, chown, cp, lstat, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ApiError } from '@/lib/process-api/errors'
import { sendEmpty } from '../../http/reply'
import type { Handler } from '../../http/router'
import { errorName, withPathErrors } from './file-errors'
import { createFolders } from './folders'
import { type FileSpace, pathParameter } from './paths'

/** `POST /files/folder`: creates parents too and accepts an existing folder. The mode is octal text, 0755 by default. */
export function makeFolder(space: FileSpace): Handler {
  return async ({ query, response }) => {
    const path = pathParameter(query, 'path')
    const mode = modeParameter(query) ?? 0o755
    const absolute = space.absolute(path)
    await withPathErrors(path, async () => {
      await space.refuseOwnTarget(absolute, path)
      const created = await createFolders(absolute, mode)
      // The umask has removed bits; set the requested mode on the requested folder.
      if (created) await chmod(absolute, mode)
    })
    sendEmpty(response, 201)
  }
}

/** `POST /files/move`: also across file systems, but never onto an existing path (409). */
export function moveFile(space: FileSpace): Handler {
  return async ({ query, response }) => {
    const source = pathParameter(query, 'source')
    const destination = pathParameter(query, 'destination')
    const from = space.absolute(source)
    const to = space.absolute(destination)
    await withPathErrors(source, async () => {
      await space.refuseOwnFolder(from, source)
      await lstat(from)
    })
    await withPathErrors(destination, async () => {
      await space.refuseOwnFolder(to, destination)
      await stat(dirname(to))
      if (await exists(to)) throw new ApiError('CONFLICT', `destination already exists: ${destination}`)
      await renameOrCopy(from, to)
    })
    sendEmpty(response, 200)
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (errorName(error) === 'ENOENT') return false
    throw error
  }
}

async function renameOrCopy(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (errorName(error) !== 'EXDEV') throw error
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
      await rm(to, { recursive: true, force: true })
      throw copyError
    }
    await rm(from, { recursive: true })
  }
}

/** `POST /files/permissions`: mode (octal text), owner and group (name or number), each optional. */
export function setPermissions(space: FileSpace): Handler {
  return async ({ query, response }) => {
    const path = pathParameter(query, 'path')
    const mode = modeParameter(query)
    const owner = await idParameter(query, 'owner', '/etc/passwd')
    const group = await idParameter(query, 'group', '/etc/group')
    const absolute = space.absolute(path)
    await withPathErrors(path, async () => {
      await space.refuseOwnTarget(absolute, path)
      const stats = await stat(absolute)
      // Ownership first: the kernel clears set-uid and set-gid when it changes.
      if (owner !== undefined || group !== undefined) await chown(absolute, owner ?? stats.uid, group ?? stats.gid)
      if (mode !== undefined) await chmod(absolute, mode)
    })
    sendEmpty(response, 200)
  }
}

function modeParameter(query: URLSearchParams): number | undefined {
  const text = query.get('mode')
  if (text === null || text === '') return undefined
  if (!/^[0-7]{1,5}$/.test(text) || Number.parseInt(text, 8) > 0o7777) {
    throw new ApiError('BAD_REQUEST', 'mode must be octal text such as 0644')
  }
  return Number.parseInt(text, 8)
}

/** A numeric id, or a name that is looked up in `file`. */
async function idParameter(query: URLSearchParams, name: string, file: string): Promise<number | undefined> {
  const value = query.get(name)
  if (value === null || value === '') return undefined
  if (/^\d{1,10}$/.test(value)) return Number(value)
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    const [entry, , id] = line.split(':')
    if (entry === value && id !== undefined && /^\d+$/.test(id)) return Number(id)
  }
  throw new ApiError('BAD_REQUEST', `unknown ${name === 'owner' ? 'user' : 'group'}: ${value}`)
}

/** `DELETE /files`: folders only with `recursive=true`; a link is deleted, not its target. */
export function deleteFile(space: FileSpace): Handler {
  return async ({ query, response }) => {
    const path = pathParameter(query, 'path')
    const recursive = query.get('recursive') === 'true'
    const absolute = space.absolute(path)
    await withPathErrors(path, async () => {
      await space.refuseOwnFolder(absolute, path)
      const stats = await lstat(absolute)
      if (stats.isDirectory() && !recursive) {
        throw new ApiError('INVALID_FILE_PATH', `path is a directory; delete it with recursive=true: ${path}`)
      }
      const root = await stat('/')
      if (stats.dev === root.dev && stats.ino === root.ino) {
        throw new ApiError('INVALID_FILE_PATH', 'the root folder cannot be deleted')
      }
      await rm(absolute, { recursive })
    })
    sendEmpty(response, 204)
  }
}
