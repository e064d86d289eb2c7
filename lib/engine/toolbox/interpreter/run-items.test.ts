import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RunItem } from '@/lib/process-api/interpreter'
import { StateFolder } from '../../state/files'
import { RunItems } from './run-items'

let folder: string
let items: RunItems

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandglass-items-'))
  items = RunItems.create(StateFolder.open(folder, null, false).file('run.items'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const display = (value: unknown): RunItem => ({ kind: 'display', at: 0, representations: { value }, omitted: {} })
const error: RunItem = { kind: 'error', at: 0, name: 'ValueError', value: 'x', traceback: '' }

function nested(depth: number): unknown {
  let value: unknown = null
  for (let i = 0; i < depth; i += 1) value = [value]
  return value
}

test('leaves out a value that is nested too deeply, and records the next ones', () => {
  items.append(display(nested(100_000)))
  items.append(display('next'))
  expect([...items.each()]).toEqual([display('next')])
  expect(items.failure).toBe('a value is nested too deeply')
})

test('leaves out what exceeds the number of items, except the error of the run', () => {
  for (let i = 0; i < 10_100; i += 1) items.append(display(i))
  items.append(error)
  expect(items.count).toBe(10_001)
  expect([...items.each()].at(-1)).toEqual(error)
  expect(items.failure).toContain('10000 results')
})
