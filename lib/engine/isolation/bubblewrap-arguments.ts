/** The arguments of bwrap for one sandbox. A pure function, so that one place decides what a sandbox can see. */
import { hostnameOf, type NetworkKind, sandboxEtcFiles, sandboxUser } from './sandbox-etc'
import type { SystemView } from './system-view'

/** Paths inside a sandbox. */
export const inside = {
  home: sandboxUser.home,
  /** The toolbox's bundle and its assets. */
  assets: '/opt/sandglass',
  /** The unreadable copy of node that runs the toolbox, or node itself if the copy failed. */
  node: '/opt/sandglass-node',
  /** The hand, which is PID 1. */
  hand: '/opt/sandglass-hand',
  /** `python`, for hosts that only have `python3`. */
  aliases: '/opt/sandglass-bin',
  /** Named pipes and scripts, in memory. Read-only inside; the toolbox has a writable mount of the same file system. */
  scratch: '/run/sandglass',
  /** The state folder, under a cover that only the toolbox removes, in its own copy of the mounts. */
  keeper: '/run/keeper',
} as const

export interface SandboxView {
  readonly sandboxId: string
  readonly system: SystemView
  /** Read-only mounts, as host path and path inside; mounted after the system's folders. */
  readonly readOnly: ReadonlyArray<readonly [source: string, target: string]>
  /** Host paths of the sandbox's own folders. */
  readonly home: string
  readonly tmp: string
  readonly etc: string
  readonly state: string
  readonly pythonAlias: string | null
  readonly network: NetworkKind
  /** Options that only newer versions of bwrap have. */
  readonly features: BubblewrapFeatures
  readonly infoDescriptor: number
  /** Source of the compiled seccomp filter; null without one. */
  readonly seccompDescriptor: number | null
  /** Open while the sandbox lives: the network helper ends when it closes. */
  readonly livenessDescriptor: number | null
}

export interface BubblewrapFeatures {
  /** 0.8 and later: no further user namespaces inside, which puts much of the kernel out of reach. */
  readonly disableUserns: boolean
  /** 0.5 and later: modes of created folders. */
  readonly perms: boolean
}

export function bubblewrapArguments(view: SandboxView): string[] {
  const args: string[] = []
  const add = (...more: string[]) => {
    args.push(...more)
  }
  const folder = (name: string, mode = '0755') => {
    if (view.features.perms) add('--perms', mode)
    add('--dir', name)
  }
  const { id } = sandboxUser

  add('--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try')
  if (view.network === 'blocked') add('--unshare-net')
  if (view.features.disableUserns) add('--disable-userns')
  add('--uid', String(id), '--gid', String(id), '--hostname', hostnameOf(view.sandboxId))

  for (const name of view.system.folders) add('--ro-bind', name, name)
  for (const [link, target] of view.system.links) add('--symlink', target, link)
  folder('/etc')
  for (const name of view.system.etc) add('--ro-bind', `/etc/${name}`, `/etc/${name}`)
  for (const name of sandboxEtcFiles) add('--ro-bind', `${view.etc}/${name}`, `/etc/${name}`)

  add('--proc', '/proc')
  // Files of the host's root, which a sandbox is when it has no user of its own, and of the sandbox's own namespaces.
  for (const name of ['sys', 'irq', 'bus', 'fs', 'sysrq-trigger'])
    add('--ro-bind-try', `/proc/${name}`, `/proc/${name}`)
  add('--dev', '/dev', '--tmpfs', '/dev/shm', '--remount-ro', '/dev')
  for (const name of ['/home', '/opt', '/run', '/var']) folder(name)
  add('--symlink', '../tmp', '/var/tmp', '--symlink', '../run', '/var/run')
  add('--bind', view.tmp, '/tmp')
  if (view.features.perms) add('--perms', '0700')
  add('--tmpfs', inside.scratch, '--remount-ro', inside.scratch)
  add('--bind', view.state, inside.keeper)
  if (view.features.perms) add('--perms', '0000')
  add('--tmpfs', inside.keeper, '--remount-ro', inside.keeper)
  for (const [source, target] of view.readOnly) add('--ro-bind', source, target)
  if (view.pythonAlias !== null) add('--symlink', view.pythonAlias, `${inside.aliases}/python`)
  add('--bind', view.home, inside.home)
  add('--remount-ro', '/', '--cap-drop', 'ALL', '--as-pid-1', '--chdir', '/')

  add('--info-fd', String(view.infoDescriptor))
  if (view.seccompDescriptor !== null) add('--seccomp', String(view.seccompDescriptor))
  if (view.livenessDescriptor !== null) add('--sync-fd', String(view.livenessDescriptor))
  return args
}
