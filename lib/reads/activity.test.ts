import { describe, expect, it, vi } from 'vitest'

vi.mock('server-only', () => ({}))

const { lastLineOf } = await import('./activity')

describe('the last line of an output', () => {
  it.each<[string, string, string | null]>([
    ['is the last that is not blank', 'one\ntwo\n\n  \n', 'two'],
    ['may have no newline yet', 'one\n>>> ', '>>>'],
    ['has no colours', '\u001b[32m✓\u001b[0m compiled\n', '✓ compiled'],
    ['is what a carriage return has left', '10 %\r50 %\r100 %\r\n', '100 %'],
    ['is nothing without output', '', null],
    ['is nothing of blank output', '\n \n', null],
  ])('%s', (_what, output, line) => {
    expect(lastLineOf(Buffer.from(output))).toBe(line)
  })

  it('is cut', () => {
    expect(lastLineOf(Buffer.from('x'.repeat(1_000)))).toHaveLength(200)
  })
})
