import { expect, test } from 'vitest'
import type { AuditRecord } from '@/lib/process-api/audit'
import { ReadWindow, readWindowMs } from './read-window'

const read: AuditRecord = {
  actor: { kind: 'person', id: 'p1', name: 'Ada', role: 'viewer' },
  address: '192.0.2.7',
  kind: 'read',
  action: 'log.read',
  target: 'local',
  sandboxId: 's1',
  subject: { runId: 'r1' },
  result: 'ok',
  durationMs: 1,
}

test('the same read is new once in ten minutes', () => {
  let now = 1_000
  const reads = new ReadWindow(() => now)
  expect(reads.isNew(read)).toBe(true)
  expect(reads.isNew({ ...read, durationMs: 7 })).toBe(false)
  now += readWindowMs - 1
  expect(reads.isNew(read)).toBe(false)
  now += 1
  expect(reads.isNew(read)).toBe(true)
  now -= 60_000
  expect(reads.isNew(read)).toBe(true)
})

test.each([
  { actor: { ...read.actor, id: 'p2' } },
  { address: '192.0.2.8' },
  { action: 'run.read' },
  { target: 'other' },
  { sandboxId: 's2' },
  { subject: { runId: 'r2' } },
  { result: 'FORBIDDEN' },
])('another read is new: %j', (change) => {
  const reads = new ReadWindow()
  expect(reads.isNew(read)).toBe(true)
  expect(reads.isNew({ ...read, ...change })).toBe(true)
})

test('remembers a limited number of reads', () => {
  const reads = new ReadWindow()
  for (let index = 0; index < 10_001; index += 1) reads.isNew({ ...read, subject: { index } })
  expect(reads.isNew({ ...read, subject: { index: 10_000 } })).toBe(false)
  expect(reads.isNew({ ...read, subject: { index: 0 } })).toBe(true)
})
