import { expect, test } from 'vitest'
import { TarErrors } from './home-archive'

const failed = { exitCode: 2, signal: null }

test('an error about a very long path keeps its start and its reason', () => {
  const errors = new TarErrors()
  const line = Buffer.from(`tar: ./start${'/folder'.repeat(20_000)}: Cannot open: File name too long\n`)
  for (let at = 0; at < line.length; at += 4_000) errors.add(line.subarray(at, at + 4_000))
  const said = errors.explain(failed) ?? ''
  expect(said).toMatch(/^tar: \.\/start\/folder.*….*: Cannot open: File name too long$/)
  expect(said.length).toBeLessThanOrEqual(256)
})

test('the first error counts, whatever warnings precede it and however the bytes are split', () => {
  const errors = new TarErrors()
  errors.add('tar: ./a: file changed as we read it\ntar: ./b: Cannot op')
  errors.add('en: Permission denied\ntar: ./c: Cannot open: Permission denied\n')
  expect(errors.explain(failed)).toBe('tar: ./b: Cannot open: Permission denied')
})

test('warnings alone are not a failure, even about a long path', () => {
  const errors = new TarErrors()
  errors.add(`tar: ./a${'/folder'.repeat(2_000)}: file changed as we read it`)
  expect(errors.explain({ exitCode: 1, signal: null })).toBeNull()
})

test('without any output, the exit code or signal explains the failure', () => {
  expect(new TarErrors().explain({ exitCode: 1, signal: null })).toBe('tar ended with exit code 1')
  expect(new TarErrors().explain({ exitCode: null, signal: 'SIGKILL' })).toBe('tar ended with SIGKILL')
  expect(new TarErrors().explain({ exitCode: 0, signal: null })).toBeNull()
})

test('of files that must not change, a change is a failure, and a socket is not', () => {
  const errors = new TarErrors(true)
  errors.add('tar: ./s: socket ignored\n')
  expect(errors.explain({ exitCode: 1, signal: null })).toBeNull()
  errors.add('tar: ./a: file changed as we read it\n')
  expect(errors.explain({ exitCode: 1, signal: null })).toBe('tar: ./a: file changed as we read it')
})
