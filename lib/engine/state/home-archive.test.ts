import { expect, test } from 'vitest'
import { TarComplaints } from './home-archive'

const failed = { exitCode: 2, signal: null }

test('a complaint about a very long path keeps its beginning and its reason', () => {
  const complaints = new TarComplaints()
  const line = Buffer.from(`tar: ./start${'/folder'.repeat(20_000)}: Cannot open: File name too long\n`)
  for (let at = 0; at < line.length; at += 4_000) complaints.add(line.subarray(at, at + 4_000))
  const said = complaints.explain(failed) ?? ''
  expect(said).toMatch(/^tar: \.\/start\/folder.*….*: Cannot open: File name too long$/)
  expect(said.length).toBeLessThanOrEqual(256)
})

test('the first complaint counts, whatever is harmless before it and however it is cut', () => {
  const complaints = new TarComplaints()
  complaints.add('tar: ./a: file changed as we read it\ntar: ./b: Cannot op')
  complaints.add('en: Permission denied\ntar: ./c: Cannot open: Permission denied\n')
  expect(complaints.explain(failed)).toBe('tar: ./b: Cannot open: Permission denied')
})

test('harmless words alone are no failure, also about a long path', () => {
  const complaints = new TarComplaints()
  complaints.add(`tar: ./a${'/folder'.repeat(2_000)}: file changed as we read it`)
  expect(complaints.explain({ exitCode: 1, signal: null })).toBeNull()
})

test('without a word, the end of the process tells', () => {
  expect(new TarComplaints().explain({ exitCode: 1, signal: null })).toBe('tar ended with exit code 1')
  expect(new TarComplaints().explain({ exitCode: null, signal: 'SIGKILL' })).toBe('tar ended with SIGKILL')
  expect(new TarComplaints().explain({ exitCode: 0, signal: null })).toBeNull()
})
