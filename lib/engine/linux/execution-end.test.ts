import { expect, test } from 'vitest'
import type { EndReason } from '@/lib/process-api/execution'
import { endFromExit, stateAfterEnd } from './execution-end'

test.each<[number | null, string | null, EndReason, string]>([
  [0, null, 'exited', 'succeeded'],
  [1, null, 'exited', 'failed'],
  [137, null, 'exited', 'failed'],
  [137, 'SIGKILL', 'signalled', 'killed'],
  [137, 'SIGKILL', 'exited', 'killed'],
  [null, null, 'exited', 'lost'],
  [0, null, 'timeout', 'timed-out'],
  [0, null, 'stopped', 'killed'],
  [143, 'SIGTERM', 'sandbox-stopped', 'killed'],
  [null, null, 'toolbox-lost', 'lost'],
  [null, null, 'spawn-failed', 'failed'],
  [7, null, 'session-ended', 'killed'],
])('exit code %s, signal %s, reason %s is %s', (exitCode, signal, reason, state) => {
  expect(stateAfterEnd({ exitCode, signal, reason })).toBe(state)
})

test('signal n becomes exit code 128 + n, with the name of the signal', () => {
  expect(endFromExit(null, 'SIGKILL')).toEqual({ exitCode: 137, signal: 'SIGKILL', reason: 'signalled' })
  expect(endFromExit(null, 'SIGINT')).toEqual({ exitCode: 130, signal: 'SIGINT', reason: 'signalled' })
  expect(endFromExit(3, null)).toEqual({ exitCode: 3, signal: null, reason: 'exited' })
})
