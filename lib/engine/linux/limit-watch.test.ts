import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ExecutionEnd } from './execution-end'
import { LimitWatch } from './limit-watch'

const killed: ExecutionEnd = { exitCode: 137, signal: 'SIGKILL', reason: 'signalled' }
const byShell: ExecutionEnd = { exitCode: 137, signal: null, reason: 'exited' }
const fine: ExecutionEnd = { exitCode: 0, signal: null, reason: 'exited' }
const memoryReason = { reason: 'memory', exitCode: 137, signal: 'SIGKILL' }

let folder: string
let watch: LimitWatch
/** What the kernel counts from this moment on. */
const count = (kills: number, forkFailures = 0) => {
  vi.advanceTimersByTime(10)
  writeFileSync(path.join(folder, 'memory.events'), `oom ${kills}\noom_kill ${kills}\n`)
  writeFileSync(path.join(folder, 'pids.events'), `max ${forkFailures}\n`)
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] })
  folder = mkdtempSync(path.join(tmpdir(), 'sandglass-watch-'))
  writeFileSync(path.join(folder, 'memory.max'), '1610612736\n')
  writeFileSync(path.join(folder, 'pids.max'), '4096\n')
  count(7)
  watch = new LimitWatch({ group: { version: 2, memory: folder, cpu: null, cpuacct: null, pids: folder } })
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(folder, { recursive: true, force: true })
})

test('a SIGKILL that the kernel counted is the memory limit, whether reported by a signal or by a shell', () => {
  const [one, two] = [watch.watch(), watch.watch()]
  count(9)
  expect(one.explain(killed)).toMatchObject({
    ...memoryReason,
    message: expect.stringContaining('memory limit of 1.5 GiB: give the sandbox more memory'),
  })
  expect(two.explain(byShell)).toMatchObject(memoryReason)
})

test('one kill explains the end of one program only', () => {
  const [one, two] = [watch.watch(), watch.watch()]
  count(8)
  expect(one.explain(killed).reason).toBe('memory')
  expect(two.explain(killed)).toMatchObject({
    reason: 'signalled',
    message: expect.stringMatching(/from an unknown sender\. The memory limit was not the cause\./),
  })
})

test('kills before the start, or long ago, do not explain an end', () => {
  expect(watch.watch().explain(killed).reason).toBe('signalled')
  const long = watch.watch()
  count(8)
  vi.advanceTimersByTime(20_000)
  expect(long.explain(killed).reason).toBe('signalled')
})

test('a signal that a user sent is reported as such, whatever else happened', () => {
  const one = watch.watch()
  count(8)
  expect(one.explain(killed, 'SIGKILL')).toMatchObject({
    reason: 'signalled',
    message: expect.stringMatching(/^It was ended by SIGKILL, sent by a user\./),
  })
})

test('an end with its own reason keeps it, and the message adds what the limits did', () => {
  const one = watch.watch()
  count(9, 3)
  expect(one.explain({ ...killed, reason: 'timeout', message: 'Timed out after 1 s.' })).toMatchObject({
    reason: 'timeout',
    message:
      "Timed out after 1 s. While it ran, the sandbox's memory limit of 1.5 GiB ended 2 processes. " +
      'While it ran, a process could not be started 3 times: the sandbox is limited to 4096 processes and threads.',
  })
})

test('an end that no limit caused stays unchanged', () => {
  expect(watch.watch().explain(fine)).toBe(fine)
})

test('sampling stops once all processes have ended', () => {
  const one = watch.watch()
  expect(vi.getTimerCount()).toBe(1)
  one.explain(fine)
  expect(vi.getTimerCount()).toBe(0)
  const two = watch.watch()
  two.cancel()
  two.cancel()
  watch.watch({ isIdle: true })
  expect(vi.getTimerCount()).toBe(0)
})

test('without control groups the cause stays open', () => {
  const blind = new LimitWatch({ group: null })
  expect(blind.watch().explain(fine)).toBe(fine)
  expect(blind.watch().explain(killed).message).toContain('from an unknown sender. The machine may have run out')
})
