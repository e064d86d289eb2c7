import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import { StateFolder } from '../../state/files'
import { ExecutionStore } from '../execution/store'
import { listedCommand, wholeCommand } from './command-text'
import { commandDetailsSchema } from './session-record'

const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-command-text-'))
afterAll(() => rmSync(folder, { recursive: true }))

test.each([
  ['short', 'short'],
  ['x'.repeat(4096), 'x'.repeat(4096)],
  ['x'.repeat(4097), 'x'.repeat(4096)],
  [`x${'é'.repeat(2048)}`, `x${'é'.repeat(2047)}`],
  ['漢'.repeat(1366), '漢'.repeat(1365)],
  ['😀'.repeat(3000), '😀'.repeat(1024)],
  [`${'x'.repeat(4095)}😀`, 'x'.repeat(4095)],
])('the listed part of a text has 4 KiB at most and no half characters (%#)', (text, listed) => {
  expect(listedCommand(text)).toBe(listed)
})

test('a record of an earlier version, which has the whole text in its line, is held short and read whole', () => {
  const state = StateFolder.open(folder, null, false)
  const command = `: ${'x'.repeat(100_000)}`
  const id = crypto.randomUUID()
  const options = { folder: state.folder('commands'), journalBytes: 1000 }
  const details = { command, mode: 'wait', stdin: 'closed', suppressInputEcho: false } as const
  const earlier = new ExecutionStore({ ...options, details: z.any() })
  earlier.create(id, details, {}).end({ exitCode: 0, signal: null, reason: 'exited' })
  earlier.close()

  const store = new ExecutionStore({ ...options, details: commandDetailsSchema, readOnly: true })
  const record = store.get(id)
  if (!record) throw new Error('it was not read')
  expect(record.details).toMatchObject({ command: command.slice(0, 4096), commandTruncated: true })
  expect(wholeCommand(store, record)).toBe(command)
})
