import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { CounterFile } from './counter-file'

test('a counter is read again from the open file, and is null where the file or its line is missing', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-counter-'))
  const file = path.join(folder, 'memory.events')
  const counter = new CounterFile(file, 'oom_kill')
  expect(counter.read()).toBeNull()
  writeFileSync(file, 'oom 12\noom_kill 3\n')
  expect(counter.read()).toBe(3)
  writeFileSync(file, 'oom 12\noom_kill 1234\n')
  expect(counter.read()).toBe(1234)
  writeFileSync(file, 'oom 12\n')
  expect(counter.read()).toBeNull()
  counter.close()
  rmSync(folder, { recursive: true })
  expect([counter.read(), new CounterFile(null, 'oom_kill').read()]).toEqual([null, null])
})
