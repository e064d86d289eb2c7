import { expect, test } from 'vitest'
import { parseGroupFolders } from './group-folders'

test('version 2, as systemd sets it up for a user', () => {
  const { unified, byController } = parseGroupFolders(
    '0::/user.slice/user-1000.slice/user@1000.service/app.slice/vte.scope\n',
    '35 25 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n',
  )
  expect(unified).toEqual({
    mount: '/sys/fs/cgroup',
    own: '/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/vte.scope',
  })
  expect(byController.size).toBe(0)
})

test('version 1, with controllers sharing a hierarchy and a mount that shows part of one', () => {
  const { unified, byController } = parseGroupFolders(
    '12:memory:/docker/abc/inner\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/\n0::/\n',
    [
      '40 30 0:31 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory',
      '41 30 0:32 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct',
      '42 30 0:33 / /sys/fs/cgroup/with\\040blank ro - cgroup2 cgroup2 rw',
    ].join('\n'),
  )
  expect(unified).toEqual({ mount: '/sys/fs/cgroup/with blank', own: '/sys/fs/cgroup/with blank' })
  const joint = { mount: '/sys/fs/cgroup/cpu,cpuacct', own: '/sys/fs/cgroup/cpu,cpuacct' }
  expect(Object.fromEntries(byController)).toMatchObject({
    memory: { mount: '/sys/fs/cgroup/memory', own: '/sys/fs/cgroup/memory/inner' },
    cpu: joint,
    cpuacct: joint,
  })
})

test('a mount without the group of this process is ignored', () => {
  expect(
    parseGroupFolders('0::/elsewhere\n', '35 25 0:30 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n').unified,
  ).toBeNull()
  expect(parseGroupFolders('0::/\n', '35 25 0:30 /../.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n').unified).toBeNull()
})
