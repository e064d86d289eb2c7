/** A small internet in network namespaces of our own: this machine, what is directly connected, and the rest. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

/** Addresses of this machine: the LAN's, one that the whole internet could route to, and IPv6. */
export const own = ['10.77.0.1', '198.51.100.200', '203.0.114.1', 'fd77::1', '2001:db8:77::1']
/** Directly connected to it. One network looks like any other part of the internet. */
export const connected = ['10.77.0.2', '203.0.114.2', 'fd77::2', '2001:db8:77::2']
/** Private and special addresses, which a gateway may lead to. */
export const special = [
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  '10.200.0.5',
  '172.16.5.5',
  '172.31.255.5',
  '192.168.55.5',
  '100.64.0.9',
  'fd00:ec2::254',
  'fd99::5',
  '64:ff9b::a4d:1',
  '2002:a4d:1::1',
]
/** Somebody's public server. Two of them are reserved for documentation, which counts as the internet. */
export const internet = ['203.0.113.7', '11.22.33.44', '192.0.2.77']

export interface Outside {
  close(): void
}

/** Build it around this process, whose network namespace must be its own. */
export async function makeOutside(): Promise<Outside> {
  const program = path.join(import.meta.dirname, 'outside.py')
  const far = spawn('unshare', ['--net', '--', 'python3', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const near = spawn('python3', [program], { stdio: ['ignore', 'pipe', 'inherit'] })
  await Promise.all([far, near].map((child) => once(child.stdout ?? child, 'data')))
  const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const there = (...args: string[]) =>
    execFileSync('nsenter', ['--net', `--target=${far.pid}`, '--', 'ip', ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  ip('link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'lan1', 'netns', String(far.pid))
  for (const [run, device, host] of [
    [ip, 'lan0', 1],
    [there, 'lan1', 2],
  ] as const) {
    run('link', 'set', 'lo', 'up')
    run('link', 'set', device, 'up')
    run('address', 'add', `10.77.0.${host}/24`, 'dev', device)
    run('address', 'add', `203.0.114.${host}/24`, 'dev', device)
    run('address', 'add', `fd77::${host}/64`, 'dev', device, 'nodad')
    run('address', 'add', `2001:db8:77::${host}/64`, 'dev', device, 'nodad')
  }
  ip('address', 'add', '198.51.100.200/32', 'dev', 'lo')
  for (const address of [...special, ...internet]) {
    there('address', 'add', `${address}/${address.includes(':') ? 128 : 32}`, 'dev', 'lo')
  }
  ip('route', 'add', 'default', 'via', '10.77.0.2')
  ip('-6', 'route', 'add', 'default', 'via', 'fd77::2')
  const close = () => {
    for (const child of [far, near]) child.kill('SIGKILL')
  }
  return { close }
}
