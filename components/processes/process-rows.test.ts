import { expect, test } from 'vitest'
import type { SandboxProcess } from '@/lib/process-api/process-tree'
import { commandLine, processRows } from './process-rows'

function processWith(pid: number, parentPid: number | null, more: Partial<SandboxProcess> = {}): SandboxProcess {
  return {
    pid,
    parentPid,
    startTicks: pid,
    name: 'sleep',
    argv: ['sleep', '1'],
    argvCut: false,
    state: 'sleeping',
    user: null,
    startedAt: null,
    ageSeconds: null,
    cpuSeconds: 0,
    cpuPercent: null,
    memoryBytes: null,
    threads: null,
    owner: null,
    ...more,
  }
}

const shapeOf = (processes: SandboxProcess[], withSystem = false) =>
  processRows(processes, withSystem).map(({ process, depth, descendants }) => [process.pid, depth, descendants])

test('children follow their parent, with their depth and number of descendants', () => {
  const processes = [
    processWith(2, null),
    processWith(3, 2),
    processWith(4, null),
    processWith(5, 3),
    processWith(6, 2),
  ]
  expect(shapeOf(processes)).toEqual([
    [2, 0, 3],
    [3, 1, 1],
    [5, 2, 0],
    [6, 1, 0],
    [4, 0, 0],
  ])
})

test('system processes are omitted unless requested, and their children become roots', () => {
  const processes = [processWith(1, null, { owner: { kind: 'system' } }), processWith(2, 1)]
  expect(shapeOf(processes)).toEqual([[2, 0, 0]])
  expect(shapeOf(processes, true)).toEqual([
    [1, 0, 1],
    [2, 1, 0],
  ])
})

test('a truncated command line ends with an ellipsis, and a process without one shows its name', () => {
  expect(commandLine(processWith(1, null))).toBe('sleep 1')
  expect(commandLine(processWith(1, null, { argvCut: true }))).toBe('sleep 1 …')
  expect(commandLine(processWith(1, null, { argv: ['sh', '-c', 'a b'] }))).toBe("sh -c 'a b'")
  expect(commandLine(processWith(1, null, { argv: ['nginx: master process'] }))).toBe('nginx: master process')
  expect(commandLine(processWith(1, null, { argv: [], name: 'kworker' }))).toBe('[kworker]')
})
