/** The files of `/etc` that are generated for a sandbox instead of shared from the host. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { link } from './network/namespace-commands'

/** The one user of every sandbox. */
export const sandboxUser = { name: 'daytona', id: 1000, home: '/home/daytona' } as const

export type NetworkKind = 'private' | 'shared' | 'blocked'

/** Names of the files that `writeSandboxEtc` writes. */
export const sandboxEtcFiles = [
  'group',
  'hostname',
  'hosts',
  'nsswitch.conf',
  'passwd',
  'profile',
  'resolv.conf',
] as const

/**
 * Keeps the PATH of a login shell, which a distribution's profile would replace. The status of the last command must be 0,
 * because a terminal that only ran `exit` exits with it.
 */
const profile = `# Login shells keep the PATH of the sandbox.
umask 022
if [ -n "\${BASH_VERSION-}" ] && [ -n "\${PS1-}" ]; then
  if [ -r /etc/bash.bashrc ]; then . /etc/bash.bashrc; fi
  if [ -r "$HOME/.bashrc" ]; then . "$HOME/.bashrc"; fi
fi
`

/** The host name inside a sandbox. */
export function hostnameOf(sandboxId: string): string {
  return sandboxId.slice(0, 8)
}

/** Write the files into a folder of the host, which is created if missing. */
export function writeSandboxEtc(folder: string, sandboxId: string, network: NetworkKind): void {
  const { name, id, home } = sandboxUser
  const hostname = hostnameOf(sandboxId)
  const contents: Record<(typeof sandboxEtcFiles)[number], string> = {
    group: `root:x:0:\ntty:x:5:\n${name}:x:${id}:\nnogroup:x:65534:\n`,
    hostname: `${hostname}\n`,
    hosts: `127.0.0.1\tlocalhost ${hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n`,
    'nsswitch.conf':
      'passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\nprotocols: files\n',
    passwd: [
      'root:x:0:0:root:/root:/usr/sbin/nologin',
      `${name}:x:${id}:${id}:Sandbox user:${home}:/bin/bash`,
      'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
      '',
    ].join('\n'),
    profile,
    'resolv.conf': resolver(network),
  }
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  for (const file of sandboxEtcFiles) writeFileSync(path.join(folder, file), contents[file], { mode: 0o644 })
}

function resolver(network: NetworkKind): string {
  if (network === 'private') return `nameserver ${link.resolver}\n`
  if (network === 'blocked') return ''
  try {
    return readFileSync('/etc/resolv.conf', 'utf8')
  } catch {
    // A host without name servers; its sandboxes have none either.
    return ''
  }
}
