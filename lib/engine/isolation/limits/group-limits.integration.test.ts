import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type ControlGroup,
  forkFailuresOf,
  memoryKillsOf,
  readCpuLimit,
  readCpuSeconds,
  readMemory,
  readMemoryLimit,
  readProcessLimit,
} from '../../linux/control-group'
import { readGroupFolders } from './group-folders'
import { GroupLimits } from './group-limits'
import { membersOf } from './group-writes'

describe('reads and writes in version 2', () => {
  let folder: string
  let group: ControlGroup
  const file = (name: string) => path.join(folder, name)
  const read = (name: string) => readFileSync(file(name), 'utf8')

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'sandglass-group-'))
    group = { version: 2, memory: folder, cpu: folder, cpuacct: null, pids: folder }
    for (const [name, text] of Object.entries({
      'memory.max': 'max\n',
      'memory.swap.max': 'max\n',
      'memory.current': '2200000000\n',
      'memory.stat': 'anon 500000000\nfile 1700000000\nshmem 100000000\n',
      'memory.events': 'low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n',
      'cpu.max': 'max 100000\n',
      'cpu.stat': 'usage_usec 2500000\nuser_usec 1\nnr_throttled 7\n',
      'pids.max': 'max\n',
      'pids.events': 'max 41\n',
    })) {
      writeFileSync(file(name), text)
    }
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test('an absent limit is null', () => {
    expect([readMemoryLimit(group), readCpuLimit(group), readProcessLimit(group)]).toEqual([null, null, null])
  })

  test('counters and usage are read, and files in a tmpfs do not count as cache', () => {
    expect([memoryKillsOf(group).read(), forkFailuresOf(group).read(), readCpuSeconds(group)]).toEqual([2, 41, 2.5])
    expect(readMemory(group)).toEqual({ current: 2_200_000_000, cache: 1_600_000_000 })
  })

  test('memory is limited without swap, and CPU by time', async () => {
    await new GroupLimits(group).apply({ memory: 2, cpu: 3, disk: 1 })
    expect([read('memory.max'), read('memory.swap.max'), read('cpu.max')].map((text) => text.split('\n')[0])).toEqual([
      '2147483648',
      '0',
      '300000 100000',
    ])
    expect(readCpuLimit(group)).toBe(3)
  })

  test('a memory limit below the current usage is refused and changes nothing', async () => {
    writeFileSync(file('memory.stat'), 'file 1000000\nshmem 0\n')
    await expect(new GroupLimits(group).apply({ memory: 2, cpu: 1, disk: 1 })).rejects.toThrow(
      'The sandbox currently uses more than 2 GiB of memory',
    )
    expect([read('memory.max'), read('cpu.max')]).toEqual(['max\n', 'max 100000\n'])
  })

  test('values that a kernel does not provide are null, not zero', () => {
    const bare: ControlGroup = { version: 2, memory: '/nowhere', cpu: null, cpuacct: null, pids: null }
    expect([memoryKillsOf(bare).read(), readMemory(bare), forkFailuresOf(bare).read(), readCpuSeconds(bare)]).toEqual([
      null,
      null,
      null,
      null,
    ])
  })
})

const unified = readGroupFolders().unified?.own ?? ''
/** In version 2, processes can be grouped and killed even if all controllers are used by version 1. */
const mayGroup = process.getuid?.() === 0 && existsSync(path.join(unified, 'cgroup.procs'))

describe.runIf(mayGroup)('a real group of version 2', () => {
  test('contains a command from its first instruction, and kills all of its processes', async () => {
    const folder = path.join(unified, `sandglass-test-${process.pid}`)
    const limits = new GroupLimits({ version: 2, memory: folder, cpu: null, cpuacct: null, pids: null })
    limits.make(100)
    const [program = '', ...args] = limits.wrap(['sh', '-c', 'setsid sleep 996 & echo "$0 $PWD"; wait', 'a b'])
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], cwd: '/tmp' })
    const exited = once(child, 'exit')
    const [text] = await once(child.stdout, 'data')
    expect(String(text)).toBe('a b /tmp\n')
    expect(membersOf(limits.group).length).toBeGreaterThanOrEqual(2)
    await limits.close()
    expect((await exited)[1]).toBe('SIGKILL')
    expect(existsSync(folder)).toBe(false)
  })

  test('a command does not start when its group cannot be entered', async () => {
    const limits = new GroupLimits({ version: 2, memory: '/nowhere', cpu: null, cpuacct: null, pids: null })
    const [program = '', ...args] = limits.wrap(['echo', 'runs'])
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    let output = ''
    child.stdout.on('data', (data) => {
      output += data
    })
    const [code] = await once(child, 'close')
    expect([code, output]).toEqual([1, ''])
  })
})
