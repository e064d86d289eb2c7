import { describe, expect, it } from 'vitest'
import { HeadlessScreen } from './headless-screen'
import { scrollbackLines } from './messages'
import { SequenceTracker, skippable } from './plain-run'

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `line ${i}\r\n`).join('')

const counted = (length: number) => Array.from({ length }, (_, i) => String.fromCharCode(97 + (i % 23))).join('')
const ragged = (count: number) => Array.from({ length: count }, (_, i) => `${counted((i * 37) % 211)}\r\n`).join('')

async function drawn(parts: Uint8Array[], cols = 40, rows = 10): Promise<string> {
  const screen = new HeadlessScreen(cols, rows)
  for (const part of parts) await new Promise<void>((resolve) => screen.write(part, resolve))
  const { data } = screen.snapshot()
  screen.dispose()
  return data
}

const from = (text: string, rows: number, cols = 40) => skippable(Buffer.from(text), rows, cols).from
const needed = scrollbackLines + 20

describe('skippable lines', () => {
  it('are those with enough plain lines after them', () => {
    expect(from(numbered(10), 3)).toBe('line 0\r\n'.length * 7)
    expect(from(numbered(10), 9)).toBe('line 0\r\n'.length)
    expect(from(numbered(10), 10)).toBe(0)
    expect(from('', 0)).toBe(0)
  })

  it('do not include lines before an escape sequence within the last lines', () => {
    expect(from(`${numbered(5)}\x1b[31m${numbered(5)}`, 3)).toBe('line 0\r\n'.length * 2)
    expect(from('a\nb\nc\nd\ne\n', 1)).toBe(0)
    expect(from('é ü\r\n'.repeat(5), 2)).toBe(Buffer.from('é ü\r\n').length * 3)
    expect(from('\u009b31m\r\n'.repeat(5), 2)).toBe(0)
    expect(skippable(Buffer.from('é\r\n'.repeat(50)).subarray(1), 2, 40).from).toBe(0)
  })

  it('may be part of one long line, which keeps its columns', () => {
    expect(skippable(Buffer.from('x'.repeat(1000)), 10, 40)).toEqual({ from: 560, newLine: false })
    expect(skippable(Buffer.from(`a\r\n${'x'.repeat(1000)}`), 10, 40)).toEqual({ from: 563, newLine: true })
    expect(from('\t'.repeat(1000), 10)).toBe(0)
    expect(from('漢'.repeat(1000), 10)).toBe(0)
  })

  const cases: Array<[string, string, string, string]> = [
    ['after a prompt in colour', '\x1b[32mgreen $ seq\r\n', numbered(3 * scrollbackLines), '\x1b[0m$ '],
    ['with a scroll region', 'top\r\n\x1b[3;7r\x1b[5;1H', numbered(2 * scrollbackLines), 'x'],
    ['in one line that begins in the middle of a row', 'start', counted(12 * scrollbackLines * 40), '\r\nend'],
    ['in a long line after others', numbered(100), counted(12 * scrollbackLines * 40 + 7), '\r\nend'],
    ['with lines of different lengths', 'abc', ragged(4 * scrollbackLines), 'end'],
    ['on the alternate screen', '\x1b[?1049h\x1b[3;3H', numbered(2 * scrollbackLines), '\x1b[?1049l'],
  ]
  for (const [where, before, flood, after] of cases) {
    it(`do not change the screen: ${where}`, async () => {
      const bytes = Buffer.from(flood)
      const skip = skippable(bytes, needed, 40)
      expect(skip.from).toBeGreaterThan(0)
      const kept = [...(skip.newLine ? [Buffer.from('\r\n')] : []), bytes.subarray(skip.from)]
      const parts = (middle: Uint8Array[]) => [Buffer.from(before), ...middle, Buffer.from(after)]
      expect(await drawn(parts(kept))).toBe(await drawn(parts([bytes])))
    })
  }
})

describe('SequenceTracker', () => {
  const endsInSequence = (...chunks: string[]) => {
    const tracker = new SequenceTracker()
    for (const chunk of chunks) tracker.follow(Buffer.from(chunk))
    return tracker.isInSequence
  }

  it('recognises complete sequences', () => {
    expect(endsInSequence('plain\r\n')).toBe(false)
    expect(endsInSequence('\x1b[31mred')).toBe(false)
    expect(endsInSequence('\x1b]0;title\x07text')).toBe(false)
    expect(endsInSequence('\x1b]0;title\x1b\\text')).toBe(false)
    expect(endsInSequence('\x1b(0lqk\x1b(B')).toBe(false)
    expect(endsInSequence('\x1b[3', '1mred')).toBe(false)
    expect(endsInSequence('\x1b', '[0m')).toBe(false)
  })

  it('recognises open sequences', () => {
    expect(endsInSequence('\x1b')).toBe(true)
    expect(endsInSequence('\x1b[3')).toBe(true)
    expect(endsInSequence('\x1b[3', '1;')).toBe(true)
    expect(endsInSequence('\x1b]0;many\r\nlines\r\n')).toBe(true)
    expect(endsInSequence('\x1bPq', 'sixel data')).toBe(true)
    expect(endsInSequence('\u009b3')).toBe(true)
  })
})
