import { expect, test } from 'vitest'
import { bubblewrapArguments, type SandboxView } from './bubblewrap-arguments'

const view: SandboxView = {
  sandboxId: 'abcdefgh-0000-4000-8000-000000000000',
  system: { folders: ['/usr'], etc: ['ssl/certs'], links: [['/bin', 'usr/bin']] },
  readOnly: [['/host/dist', '/opt/sandglass']],
  home: '/host/home',
  tmp: '/host/tmp',
  etc: '/host/etc',
  state: '/host/state',
  pythonAlias: '/usr/bin/python3',
  network: 'private',
  features: { disableUserns: true, perms: true },
  infoDescriptor: 5,
  seccompDescriptor: 6,
  livenessDescriptor: 7,
}

/** The values of an option that takes `count` arguments. */
function values(args: readonly string[], option: string, count: number): string[][] {
  return args.flatMap((arg, at) => (arg === option ? [args.slice(at + 1, at + 1 + count)] : []))
}

test('only home and /tmp are writable, and the state folder is covered', () => {
  const args = bubblewrapArguments(view)
  expect(values(args, '--bind', 2)).toEqual([
    ['/host/tmp', '/tmp'],
    ['/host/state', '/run/keeper'],
    ['/host/home', '/home/daytona'],
  ])
  expect(args.filter((arg) => /^--(dev-)?bind(-try|-fd)?$/.test(arg))).toHaveLength(3)
  expect(values(args, '--remount-ro', 1).flat()).toEqual(['/dev', '/run/sandglass', '/run/keeper', '/'])
  const cover = args.lastIndexOf('/run/keeper', args.lastIndexOf('/run/keeper') - 1)
  expect(args[cover - 1]).toBe('--tmpfs')
  expect(cover).toBeGreaterThan(args.indexOf('/host/state'))
})

test('every namespace is new, no capability is kept, and the network is cut off only when blocked', () => {
  for (const network of ['private', 'shared', 'blocked'] as const) {
    const args = bubblewrapArguments({ ...view, network })
    for (const namespace of ['user', 'pid', 'ipc', 'uts', 'cgroup-try'])
      expect(args).toContain(`--unshare-${namespace}`)
    expect(args).toContain('--disable-userns')
    expect(values(args, '--cap-drop', 1)).toEqual([['ALL']])
    expect(args.includes('--unshare-net')).toBe(network === 'blocked')
  }
})

test('the seccomp filter is read from its descriptor, if there is one', () => {
  expect(values(bubblewrapArguments(view), '--seccomp', 1)).toEqual([['6']])
  expect(bubblewrapArguments({ ...view, seccompDescriptor: null })).not.toContain('--seccomp')
})

test('options unknown to an old bwrap are left out', () => {
  const args = bubblewrapArguments({
    ...view,
    features: { disableUserns: false, perms: false },
    livenessDescriptor: null,
  })
  expect(args).not.toContain('--disable-userns')
  expect(args).not.toContain('--perms')
  expect(args).not.toContain('--sync-fd')
})
