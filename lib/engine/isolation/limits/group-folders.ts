/** Finds the control groups of this process in its /proc files. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { isInside } from '../paths'

export interface GroupFolder {
  /** The mount point of the hierarchy; groups above it are not accessible. */
  readonly mount: string
  /** The group of this process, at or below the mount point. */
  readonly own: string
}

export interface GroupFolders {
  /** The hierarchy of version 2, if mounted. */
  readonly unified: GroupFolder | null
  /** The hierarchies of version 1, by controller. */
  readonly byController: ReadonlyMap<string, GroupFolder>
}

export function readGroupFolders(): GroupFolders {
  return parseGroupFolders(readFileSync('/proc/self/cgroup', 'utf8'), readFileSync('/proc/self/mountinfo', 'utf8'))
}

/**
 * @param groups `/proc/self/cgroup`: `<number>:<controllers>:<path>`, for version 2 `0::<path>`
 * @param mounts `/proc/self/mountinfo`
 */
export function parseGroupFolders(groups: string, mounts: string): GroupFolders {
  const paths = parseGroupPaths(groups)
  let unified: GroupFolder | null = null
  const byController = new Map<string, GroupFolder>()
  for (const { type, mountPoint, root, controllers } of parseGroupMounts(mounts)) {
    if (type === 'cgroup2') unified ??= folderAt(mountPoint, root, paths.get(''))
    if (type !== 'cgroup') continue
    for (const name of controllers) {
      const folder = folderAt(mountPoint, root, paths.get(name))
      if (folder && !byController.has(name)) byController.set(name, folder)
    }
  }
  return { unified, byController }
}

/** The group of this process by controller; version 2 has the empty name. */
function parseGroupPaths(groups: string): ReadonlyMap<string, string> {
  const paths = new Map<string, string>()
  for (const line of groups.split('\n')) {
    const [, names, group] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (names === undefined || group === undefined) continue
    for (const name of names.split(',')) paths.set(name, group)
  }
  return paths
}

interface Mount {
  readonly type: string | undefined
  readonly mountPoint: string
  /** The part of the file system that is mounted. */
  readonly root: string
  readonly controllers: readonly string[]
}

function parseGroupMounts(mounts: string): Mount[] {
  return mounts.split('\n').flatMap((line) => {
    const [location = '', kind = ''] = line.split(' - ')
    const [, , , root, mountPoint] = location.split(' ').map(unescaped)
    const [type, , options = ''] = kind.split(' ')
    if (root === undefined || mountPoint === undefined) return []
    return [{ type, mountPoint, root, controllers: options.split(',') }]
  })
}

/** Null when the mount shows a part of the hierarchy that does not include this process. */
function folderAt(mount: string, root: string, group: string | undefined): GroupFolder | null {
  if (group === undefined || root.startsWith('/..') || !isInside(group, root)) return null
  return { mount, own: path.join(mount, path.relative(root, group)) }
}

/** The kernel escapes blanks and similar characters as `\040`. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
