/** Makes private folders accessible to an unprivileged bwrap when the engine is root. */
import { statSync } from 'node:fs'
import { isInside } from './paths'

/**
 * bwrap runs as a user without access to the data directory, so root first binds what is needed to an accessible location, in a
 * private mount namespace. Arguments: the location, the sources, `--`, the command.
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

/** Folders that exist on every system and that bwrap does not need. */
const areas = ['/mnt', '/media', '/srv', '/run', '/opt', '/home']

export interface Staging {
  /** The location of a staged source, by its host path. */
  pathOf(source: string): string
  /** The command that stages and then runs `command`; it needs root and its own mount namespace. */
  wrap(command: readonly string[]): string[]
}

export function stage(sources: readonly string[]): Staging {
  const unique = [...new Set(sources)]
  const area = areas.find((name) => isFolder(name) && unique.every((source) => !isInside(source, name)))
  if (area === undefined) throw new Error(`none of ${areas.join(', ')} can be used to mount folders for a sandbox`)
  return {
    pathOf: (source) => {
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
