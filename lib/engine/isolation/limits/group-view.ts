/** How a sandbox sees its own control groups: read-only, at the paths where runtimes look for their limits. */
import type { ControlGroup } from '../../linux/control-group'
import { foldersOf } from './group-writes'

const root = '/sys/fs/cgroup'

/** The groups as the toolbox inside sees them. */
export function groupInside(group: ControlGroup): ControlGroup {
  const at = (folder: string | null, place: string) => (folder === null ? null : place)
  if (group.version === 2) {
    return {
      version: 2,
      memory: at(group.memory, root),
      cpu: at(group.cpu, root),
      cpuacct: null,
      pids: at(group.pids, root),
    }
  }
  const below = (name: 'memory' | 'cpu' | 'cpuacct' | 'pids') => at(group[name], `${root}/${name}`)
  return { version: 1, memory: below('memory'), cpu: below('cpu'), cpuacct: below('cpuacct'), pids: below('pids') }
}

/** The mounts for that: path on the host, path inside. */
export function groupBinds(group: ControlGroup | null): Array<readonly [source: string, target: string]> {
  if (group === null) return []
  const inside = groupInside(group)
  if (group.version === 2) return foldersOf(group).map((folder) => [folder, root] as const)
  return (['memory', 'cpu', 'cpuacct', 'pids'] as const).flatMap((name) => {
    const [source, target] = [group[name], inside[name]]
    return source === null || target === null ? [] : [[source, target] as const]
  })
}
