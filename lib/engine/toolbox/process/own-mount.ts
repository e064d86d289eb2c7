/**
 * Whether something lies on a mount that this process has. The toolbox holds a folder of the host open (its state), and
 * from there `..` climbs to the host's root: a path such as `/proc/self/fd/5/../..`, or a link to it that was planted in
 * the sandbox, must lead nobody there.
 */
import { closeSync, openSync, readFileSync } from 'node:fs'

/** Names a file without opening it, as `open(2)` knows it; Node has no name for it. */
const pathOnly = 0o10000000

/** Ids of the mounts that this process has. Those of a sandbox never change; without isolation others may come. */
let mounts: ReadonlySet<string> = new Set()

/** True when what `descriptor` names lies on a mount of this process. */
export function isOnOwnMount(descriptor: number): boolean {
  const mount = /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1'))?.[1]
  if (mount === undefined) return false
  if (mounts.has(mount)) return true
  const table = readFileSync('/proc/self/mountinfo', 'latin1')
  mounts = new Set(table.split('\n').map((line) => line.slice(0, line.indexOf(' '))))
  return mounts.has(mount)
}

/** A descriptor that names `path`, links followed, without any right to it. The caller closes it. Throws as `open`. */
export function openPath(path: string): number {
  return openSync(path, pathOnly)
}

/** As `isOnOwnMount`, by a path. Throws as `open`. */
export function leadsToOwnMount(path: string): boolean {
  const descriptor = openPath(path)
  try {
    return isOnOwnMount(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
