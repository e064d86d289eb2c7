import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LimitWatch } from './limit-watch'
import type { ExecutionEnd } from './verdict'

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

test('a SIGKILL with a kill of the kernel behind it is the memory limit, told by a signal or by a shell', () => {
  const [one, two] = [watch.begin(), watch.begin()]
  count(9)
  expect(one.explain(killed)).toMatchObject({
    ...memoryReason,
    message: expect.stringContaining('memory limit of 1.5 GiB: give the sandbox more memory'),
  })
  expect(two.explain(byShell)).toMatchObject(memoryReason)
})

test('one kill is the end of one program only', () => {
  const [one, two] = [watch.begin(), watch.begin()]
  count(8)
  expect(one.explain(killed).reason).toBe('memory')
  expect(two.explain(killed)).toMatchObject({
    reason: 'signalled',
    message: expect.stringMatching(/who sent it is not known\. It was not the memory limit\./),
  })
})

test('kills of before its start, and of long ago, have nothing to do with an end', () => {
  expect(watch.begin().explain(killed).reason).toBe('signalled')
  const long = watch.begin()
  count(8)
  vi.advanceTimersByTime(20_000)
  expect(long.explain(killed).reason).toBe('signalled')
})

test('a signal that a person sent is told as that, whatever else happened', () => {
  const one = watch.begin()
  count(8)
  expect(one.explain(killed, 'SIGKILL')).toMatchObject({
    reason: 'signalled',
    message: expect.stringMatching(/^It was ended by SIGKILL, which was sent to it on request\./),
  })
})

test('a reason of its own stays, with what the limits did beside it', () => {
  const one = watch.begin()
  count(9, 3)
  expect(one.explain({ ...killed, reason: 'timeout', message: 'It was ended at its timeout of 1 s.' })).toMatchObject({
    reason: 'timeout',
    message:
      "It was ended at its timeout of 1 s. While it ran, the sandbox's memory limit of 1.5 GiB ended 2 processes. " +
      'While it ran, a process could not be started 3 times: the sandbox may have 4096 processes and threads at a time.',
  })
})

test('an end that no limit had to do with is left as it is', () => {
  expect(watch.begin().explain(fine)).toBe(fine)
})

test('nothing is looked at any more once all have ended', () => {
  const one = watch.begin()
  expect(vi.getTimerCount()).toBe(1)
  one.explain(fine)
  expect(vi.getTimerCount()).toBe(0)
  const two = watch.begin()
  two.forget()
  two.forget()
  watch.begin({ isIdle: true })
  expect(vi.getTimerCount()).toBe(0)
})

test('without control groups nobody claims to know', () => {
  const blind = new LimitWatch({ group: null })
  expect(blind.begin().explain(fine)).toBe(fine)
  expect(blind.begin().explain(killed).message).toContain('who sent it is not known. The machine may have run out')
})
