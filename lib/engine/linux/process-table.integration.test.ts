import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import {
  ageOf,
  commandLineOf,
  isAlive,
  ProcessSnapshot,
  readProc,
  readProcess,
  wasAssignedSince,
} from './process-table'

test.each([
  [100, 100, 200, true],
  [150, 100, 200, true],
  [200, 100, 200, true],
  [99, 100, 200, false],
  [201, 100, 200, false],
  [32_000, 31_000, 500, true],
  [400, 31_000, 500, true],
  [501, 31_000, 500, false],
  [30_999, 31_000, 500, false],
])('pid %i was assigned since %i, with %i as the last: %s', (pid, since, last, expected) => {
  expect(wasAssignedSince(pid, since, last)).toBe(expected)
})

test('finds a live process with its name, parent, group, environment and age', async () => {
  const child = spawn('sleep', ['98811'], {
    argv0: 'odd ) name (',
    detached: true,
    env: { ...process.env, SANDGLASS_TEST: 'a=b c' },
    stdio: 'ignore',
  })
  const pid = child.pid ?? -1
  const snapshot = new ProcessSnapshot(pid)
  const entry = snapshot.entries.get(pid)
  if (!entry) throw new Error('the process was not found')
  expect(entry).toMatchObject({ pid, parentPid: process.pid, group: pid, session: pid, name: 'sleep' })
  expect(snapshot.hasVariable(pid, 'SANDGLASS_TEST', 'a=b c')).toBe(true)
  expect(snapshot.hasVariable(pid, 'SANDGLASS_TEST', 'a=b')).toBe(false)
  expect(snapshot.entries.has(process.pid)).toBe(false)
  expect(new ProcessSnapshot().entries.has(process.pid)).toBe(true)
  expect(commandLineOf(entry)).toBe('odd ) name ( 98811')
  expect(ageOf(entry)).toBeLessThan(60)
  expect(isAlive(entry)).toBe(true)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(isAlive(entry)).toBe(false)
  expect(readProcess(pid)).toBeUndefined()
})

test('a command line of empty arguments takes no longer than another', async () => {
  const empty = Array.from({ length: 100_000 }, () => '')
  const child = spawn('sh', ['-c', 'sleep 98813; exit', 'name', ...empty, 'last'], { stdio: 'ignore' })
  const entry = readProcess(child.pid ?? -1)
  if (!entry) throw new Error('the process was not found')
  for (let i = 0; i < 100; i += 1) expect(commandLineOf(entry)).toBe('sh -c sleep 98813; exit name')
  child.kill('SIGKILL')
  await once(child, 'exit')
})

test('keeps nothing of long environments, and reads the start of each once they are very long together', async () => {
  const long = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`LONG_${i}`, 'x'.repeat(120_000)]))
  const env = { FIRST: 'a', NODE_ENV: 'test' as const, ...long, LAST: 'b', HUGE: 'y'.repeat(1000) }
  const children = Array.from({ length: 80 }, () => spawn('sleep', ['98812'], { env, stdio: 'ignore' }))
  const pids = children.map(({ pid }) => pid ?? -1)
  const snapshot = new ProcessSnapshot()
  const [pid = -1] = pids
  expect(['FIRST', 'LAST', 'HUGE', 'NONE'].map((name) => snapshot.readVariable(pid, name))).toEqual([
    'a',
    'b',
    undefined,
    undefined,
  ])
  const before = process.memoryUsage()
  expect(pids.map((each) => snapshot.readVariable(each, 'FIRST'))).toEqual(pids.map(() => 'a'))
  expect(pids.filter((each) => snapshot.hasVariable(each, 'LAST', 'b')).length).toBeLessThan(pids.length)
  const after = process.memoryUsage()
  expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(16 * 1024 ** 2)
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(children.map((child) => once(child, 'exit')))
})

test('reads no more than the limit of a file that a process made huge', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-proc-'))
  const file = path.join(folder, 'environ')
  writeFileSync(file, 'A=b\0'.repeat(4 * 1024 * 1024))
  const text = readProc(file) ?? ''
  rmSync(folder, { recursive: true })
  expect(text.length).toBeGreaterThanOrEqual(1024 * 1024)
  expect(text.length).toBeLessThan(4 * 1024 * 1024)
})
