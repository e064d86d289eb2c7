/** Changes to the tree: make a folder, move, set permissions, delete. */
import { chmod, chown, cp, lstat, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ApiError } from '@/lib/process-api/errors'
import { sendEmpty } from '../../http/reply'
import type { Handler } from '../../http/router'
import { errorName, onPath } from './failure'
import { makeFolders } from './folders'
import { type FileSpace, pathParameter } from './paths'

/** `POST /files/folder`: with its parents; one that exists is fine. The mode is octal text, 0755 when left out. */
export function makeFolder(space: FileSpace): Handler {
  return async ({ query, response }) => {
    const path = pathParameter(query, 'path')
    const mode = modeParameter(query) ?? 0o755
    const absolute = space.absolute(path)
    await onPath(path, async () => {
      await space.refuseOwnTarget(absolute, path)
      const made = await makeFolders(absolute, mode)
      // The process's umask has taken bits away; the one folder that was asked for gets what was asked for.
      if (made) await chmod(absolute, mode)
    })
    sendEmpty(response, 201)
  }
}

/** `POST /files/move`: never onto something that exists (409), and across file systems too. */
export function moveFile(space: FileSpace): Handler {
  return async ({ query, response }) => {
    const source = pathParameter(query, 'source')
    const destination = pathParameter(query, 'destination')
    const from = space.absolute(source)
    const to = space.absolute(destination)
    await onPath(source, async () => {
      await space.refuseOwnFolder(from, source)
      await lstat(from)
    })
    await onPath(destination, async () => {
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
      // Half a copy beside the whole original would look like a result.
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
    await onPath(path, async () => {
      await space.refuseOwnTarget(absolute, path)
      const stats = await stat(absolute)
      // Ownership first: the kernel takes set-uid and set-gid away when it changes.
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

/** A number as it is, a name by its line in `file`. */
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

/** `DELETE /files`: a folder only with `recursive=true`; a link itself, not what it leads to. */
export function deleteFile(space: FileSpace): Handler {
  return async ({ query, response }) => {
    const path = pathParameter(query, 'path')
    const recursive = query.get('recursive') === 'true'
    const absolute = space.absolute(path)
    await onPath(path, async () => {
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
