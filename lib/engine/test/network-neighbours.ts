/**
 * Test networks around this machine: a separate network namespace, connected by virtual interfaces, with addresses of every
 * kind. No packet leaves the machine. Requires root.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { freePort } from './engine-fixture'

export interface Neighbours {
  /** Responds with `out` over TCP and UDP on each address. */
  readonly port: number
  /** This machine in the local network, and another host there. */
  readonly lan: { readonly network: string; readonly own: string; readonly other: string }
  /** A directly connected network that is not private. */
  readonly connected: { readonly own: string; readonly other: string }
  /** IPv6 in the same local network. */
  readonly six: { readonly own: string; readonly other: string }
  /** Addresses behind a gateway, with a description. */
  readonly special: ReadonlyArray<readonly [what: string, address: string]>
  /** The documentation network, which represents the internet. Host names resolve to it. */
  readonly internet: string
  /** A command prefix for an engine that uses the name server of these networks. */
  readonly through: string[]
  stop(): void
}

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })

export async function makeNeighbours(): Promise<Neighbours> {
  // Several tests may run on one machine, so every number is unique to this process.
  const unique = process.pid % 60_000
  const [high, low] = [100 + (unique >> 9), 1 + (unique % 250)]
  const namespace = `sandglass-${unique}`
  const [near, far] = [`sgn${unique}`, `sgf${unique}`]
  const lan = { network: `10.${high}.${low}.0/24`, own: `10.${high}.${low}.1`, other: `10.${high}.${low}.2` }
  const slot = (unique % 62) * 4
  const connected = { own: `198.51.100.${slot + 1}`, other: `198.51.100.${slot + 2}` }
  const six = { own: `2001:db8:${low}::1`, other: `2001:db8:${low}::2` }
  const internet = `203.0.113.${low}`
  const special = [
    ['private, 10/8', `10.${high + 1}.${low}.9`],
    ['private, 172.16/12', `172.20.${low}.9`],
    ['private, 192.168/16', `192.168.${low}.9`],
    ['metadata', '169.254.169.254'],
    ['link local', `169.254.${low}.9`],
    ['shared address space', `100.100.${low}.200`],
    ['protocol assignments', `192.0.0.${low}`],
    ['benchmarking', `198.18.${low}.9`],
    ['6to4 relays', `192.88.99.${low}`],
    ['reserved', `240.0.${low}.9`],
    ['metadata at a public address', '168.63.129.16'],
  ] as const
  const routed = [...special.map(([, address]) => address), internet]
  const port = await freePort()
  const etc = mkdtempSync(path.join(tmpdir(), 'sandglass-etc-'))
  let server: ChildProcess | null = null

  const stop = () => {
    server?.kill('SIGKILL')
    // Removes the interfaces, and with them the addresses and routes of the host.
    for (const args of [
      ['link', 'delete', near],
      ['netns', 'delete', namespace],
    ]) {
      try {
        ip(...args)
      } catch {
        // It was not created.
      }
    }
    rmSync(etc, { recursive: true, force: true })
  }
  try {
    ip('netns', 'add', namespace)
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', namespace)
    const inside = (...args: string[]) => ip('-netns', namespace, ...args)
    for (const address of [`${lan.own}/24`, `${connected.own}/30`]) ip('address', 'add', address, 'dev', near)
    ip('address', 'add', `${six.own}/64`, 'dev', near, 'nodad')
    for (const address of [`${lan.other}/24`, `${connected.other}/30`]) inside('address', 'add', address, 'dev', far)
    inside('address', 'add', `${six.other}/64`, 'dev', far, 'nodad')
    for (const address of routed) inside('address', 'add', `${address}/32`, 'dev', 'lo')
    inside('link', 'set', 'lo', 'up')
    inside('link', 'set', far, 'up')
    ip('link', 'set', near, 'up')
    for (const address of routed) {
      ip('route', 'add', `${address}/32`, 'via', lan.other, 'dev', near, 'metric', String(unique + 1))
    }
    const program = path.join(import.meta.dirname, 'programs', 'network-neighbours.py')
    const addresses = [lan.other, connected.other, six.other, ...routed]
    server = spawn(
      'ip',
      ['netns', 'exec', namespace, 'python3', program, String(port), lan.other, internet, ...addresses],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    if (server.stdout) await Promise.race([once(server.stdout, 'data'), once(server, 'exit')])
    if (server.exitCode !== null) throw new Error(`the neighbours exited with ${server.exitCode}`)
  } catch (error) {
    stop()
    throw error
  }
  // Mounts the folder instead of the file, because the network helper remounts the folder.
  chmodSync(etc, 0o755)
  cpSync('/etc', etc, { recursive: true, verbatimSymlinks: true })
  rmSync(path.join(etc, 'resolv.conf'), { force: true })
  writeFileSync(path.join(etc, 'resolv.conf'), `nameserver ${lan.other}\n`)
  // Most distributions allow everyone to open the device; others can still run this as an ordinary user.
  const device = 'mount -t tmpfs -o mode=755 tmpfs /dev/net && mknod -m 666 /dev/net/tun c 10 200'
  const mounting = `mount --bind ${etc} /etc && ${device} && exec "$@"`
  const through = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', mounting, 'sh']
  return { port, lan, connected, six, special, internet, through, stop }
}
