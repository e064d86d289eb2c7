/** Root's way to show private folders to an unprivileged bwrap. */
import { statSync } from 'node:fs'
import { isInside } from './paths'

/**
 * bwrap runs as a user that may not even enter the data folder, so root first binds what is needed to a place that
 * everybody can enter, in a mount namespace that nobody else sees. Arguments: the place, the sources, `--`, the program.
 */
const script = `set -e
area=$1; shift
mount -t tmpfs -o mode=0755,size=1m,nosuid,nodev sandglass "$area"
n=0
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mkdir "$area/$n"; else : >"$area/$n"; fi
  mount --bind "$1" "$area/$n"
  n=$((n + 1)); shift
done
shift
unset PWD OLDPWD
exec "$@"`

/** Folders that every system has and that bwrap does not need. */
const areas = ['/mnt', '/media', '/srv', '/run', '/opt', '/home']

export interface Staging {
  /** Where a staged source is, by its host path. */
  place(source: string): string
  /** The command that stages and then runs `command`; it must run as root in a mount namespace of its own. */
  wrap(command: readonly string[]): string[]
}

export function stage(sources: readonly string[]): Staging {
  const unique = [...new Set(sources)]
  const area = areas.find((name) => isFolder(name) && unique.every((source) => !isInside(source, name)))
  if (area === undefined) throw new Error(`none of ${areas.join(', ')} can be used to hand folders to a sandbox`)
  return {
    place: (source) => {
      const index = unique.indexOf(source)
      if (index < 0) throw new Error(`${source} was not staged`)
      return `${area}/${index}`
    },
    wrap: (command) => ['/bin/sh', '-c', script, 'stage', area, ...unique, '--', ...command],
  }
}

function isFolder(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false
}
