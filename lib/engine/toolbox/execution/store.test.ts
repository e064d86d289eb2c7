import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { StateFolder } from '../../state/files'
import { RecordCodes } from '../../state/record-codes'
import { ExecutionStore } from './store'

let folder: string
const codes = new RecordCodes(Buffer.alloc(32, 7), 'sandbox')

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandglass-store-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const detailsSchema = z.object({ name: z.string() })
const exited = { exitCode: 3, signal: null, reason: 'exited' } as const

function open(readOnly = false) {
  return new ExecutionStore({
    folder: StateFolder.open(folder, codes, readOnly),
    details: detailsSchema,
    ids: z.string(),
    journalBytes: 1 << 20,
    readOnly,
  })
}

const file = () => path.join(folder, 'executions.jsonl')

test('reads executions back in order', () => {
  const store = open()
  const one = store.create('one', { name: '1' }, {}, 'small')
  const two = store.create('two', { name: '2' })
  one.journal.append('stdout', Buffer.from('abc'))
  one.end({ ...exited, message: 'why' })
  two.start()
  two.end({ ...exited, exitCode: 0 })
  const again = open()
  expect(again.list().map((record) => [record.id, record.details.name])).toEqual([
    ['one', '1'],
    ['two', '2'],
  ])
  expect(again.get('one')?.snapshot()).toEqual(one.snapshot())
  expect(again.get('two')?.snapshot()).toEqual(two.snapshot())
  expect(again.attachment('one')).toBe('small')
  expect(again.create('three', { name: '3' }).order).toBe(3)
})

test('marks unfinished executions as lost, and queued ones as never started', () => {
  const store = open()
  store.create('running', { name: '' }, {})
  store.create('queued', { name: '' })
  const again = open()
  expect(again.get('running')?.snapshot()).toMatchObject({ state: 'lost', exitCode: null, reason: 'toolbox-lost' })
  expect(again.get('queued')?.snapshot().message).toMatch(/never started/)
  expect(open().get('running')?.snapshot()).toEqual(again.get('running')?.snapshot())
})

test('a read-only store changes nothing', () => {
  open().create('running', { name: '' }, {})
  const before = readFileSync(file())
  const store = open(true)
  expect(store.get('running')?.state).toBe('lost')
  expect(readFileSync(file())).toEqual(before)
  expect(readdirSync(folder)).toEqual(['executions.jsonl'])
})

test('skips truncated and invalid lines, and appends complete lines after them', () => {
  const store = open()
  store.create('kept', { name: 'kept' }, {}).end(exited)
  store.create('cut', { name: 'cut' }, {})
  truncateSync(file(), statSync(file()).size - 10)
  const second = open()
  expect(second.list().map((record) => record.id)).toEqual(['kept'])
  second.create('after', { name: 'after' }, {}).end(exited)
  appendFileSync(file(), '{"op":"new","id":"half"}\nnonsense\n')
  expect(
    open()
      .list()
      .map((record) => record.id),
  ).toEqual(['kept', 'after'])
  expect(open().get('after')?.exitCode).toBe(3)
})

test('stores a long attachment in its own file and removes it with its execution', () => {
  const store = open()
  const long = 'x'.repeat(100_000)
  store.create('long', { name: '' }, {}, long)
  expect(statSync(file()).size).toBeLessThan(2_000)
  expect(open(true).attachment('long')).toBe(long)
  store.remove('long')
  expect(readdirSync(folder)).toEqual(['executions.jsonl'])
  expect(store.attachment('long')).toBeNull()
  expect(open().size).toBe(0)
})

test('keeps the file small and complete while many executions are created and removed', { timeout: 30_000 }, () => {
  const store = open()
  const kept = store.create('kept', { name: 'kept' }, {}, 'attached')
  kept.end(exited)
  let largest = 0
  for (let i = 0; i < 4_000; i += 1) {
    const record = store.create(`id-${i}`, { name: String(i) }, {}, 'y'.repeat(200))
    record.end(exited)
    if (i >= 100) store.remove(`id-${i - 100}`)
    largest = Math.max(largest, statSync(file()).size)
  }
  expect(largest).toBeLessThan(3 * 1024 * 1024)
  const again = open()
  expect(again.size).toBe(101)
  expect(again.attachment('kept')).toBe('attached')
  expect(again.get('kept')?.snapshot()).toEqual(kept.snapshot())
  expect(again.attachment('id-3999')).toBe('y'.repeat(200))
  expect(again.list().at(-1)?.id).toBe('id-3999')
})
