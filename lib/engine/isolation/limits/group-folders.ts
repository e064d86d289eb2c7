/** Where the control groups of this process are, from what the kernel says of it. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { isInside } from '../paths'

export interface GroupFolder {
  /** Where the hierarchy is mounted: no group above it can be reached. */
  readonly mount: string
  /** The group of this process, at or below the mount. */
  readonly own: string
}

export interface GroupFolders {
  /** The one hierarchy of version 2, where it is mounted. */
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
  const paths = new Map<string, string>()
  for (const line of groups.split('\n')) {
    const [, names, group] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (names === undefined || group === undefined) continue
    for (const name of names.split(',')) paths.set(name, group)
  }
  let unified: GroupFolder | null = null
  const byController = new Map<string, GroupFolder>()
  for (const line of mounts.split('\n')) {
    const [place = '', kind = ''] = line.split(' - ')
    const [, , , root, mountPoint] = place.split(' ').map(unescaped)
    const [type, , options = ''] = kind.split(' ')
    if (root === undefined || mountPoint === undefined) continue
    if (type === 'cgroup2') unified ??= folderAt(mountPoint, root, paths.get(''))
    if (type !== 'cgroup') continue
    for (const name of options.split(',')) {
      const folder = folderAt(mountPoint, root, paths.get(name))
      if (folder && !byController.has(name)) byController.set(name, folder)
    }
  }
  return { unified, byController }
}

/** Null where the mount shows only a part of the hierarchy that this process is not in. */
function folderAt(mount: string, root: string, group: string | undefined): GroupFolder | null {
  if (group === undefined || root.startsWith('/..') || !isInside(group, root)) return null
  return { mount, own: path.join(mount, path.relative(root, group)) }
}

/** The kernel writes blanks and the like as `\040`. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
