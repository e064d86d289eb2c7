import { describe, expect, it } from 'vitest'
import { HeadlessScreen } from './headless-screen'
import { scrollbackLines } from './messages'
import { SequenceWatch, skippable } from './plain-run'

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `line ${i}\r\n`).join('')

async function drawn(parts: Uint8Array[], cols = 40, rows = 10): Promise<string> {
  const screen = new HeadlessScreen(cols, rows)
  for (const part of parts) await new Promise<void>((resolve) => screen.write(part, resolve))
  const { data } = screen.snapshot()
  screen.dispose()
  return data
}

describe('lines that need not be drawn', () => {
  it('are those with enough plain lines behind them', () => {
    expect(skippable(Buffer.from(numbered(10)), 3)).toBe('line 0\r\n'.length * 7)
    expect(skippable(Buffer.from(numbered(10)), 9)).toBe('line 0\r\n'.length)
    expect(skippable(Buffer.from(numbered(10)), 10)).toBe(0)
    expect(skippable(Buffer.from(''), 0)).toBe(0)
  })

  it('are none before the last plain lines where something else comes between', () => {
    const text = Buffer.from(`${numbered(5)}\x1b[31m${numbered(5)}`)
    expect(skippable(text, 3)).toBe('line 0\r\n'.length * 2)
    expect(skippable(Buffer.from(`a\nb\nc\nd\ne\n`), 1)).toBe(0)
    expect(skippable(Buffer.from('é ü\r\n'.repeat(5)), 2)).toBe(Buffer.from('é ü\r\n').length * 3)
    expect(skippable(Buffer.from('\u009b31m\r\n'.repeat(5)), 2)).toBe(0)
  })

  it('leave the terminal as if they had been drawn', async () => {
    const before = Buffer.from('\x1b[32mgreen $ seq\r\n')
    const flood = Buffer.from(numbered(3 * scrollbackLines))
    const after = Buffer.from('\x1b[0m$ ')
    const from = skippable(flood, scrollbackLines + 10)
    expect(from).toBeGreaterThan(flood.length / 2)
    expect(await drawn([before, flood.subarray(from), after])).toBe(await drawn([before, flood, after]))
  })

  it('also where only a part of the screen scrolls', async () => {
    const before = Buffer.from('top\r\n\x1b[3;7r\x1b[5;1H')
    const flood = Buffer.from(numbered(2 * scrollbackLines))
    const from = skippable(flood, scrollbackLines + 10)
    expect(await drawn([before, flood.subarray(from)])).toBe(await drawn([before, flood]))
  })
})

describe('the watch for sequences', () => {
  const endsInSequence = (...pieces: string[]) => {
    const watch = new SequenceWatch()
    for (const piece of pieces) watch.note(Buffer.from(piece))
    return watch.isInSequence
  }

  it('sees what is complete', () => {
    expect(endsInSequence('plain\r\n')).toBe(false)
    expect(endsInSequence('\x1b[31mred')).toBe(false)
    expect(endsInSequence('\x1b]0;title\x07text')).toBe(false)
    expect(endsInSequence('\x1b]0;title\x1b\\text')).toBe(false)
    expect(endsInSequence('\x1b(0lqk\x1b(B')).toBe(false)
    expect(endsInSequence('\x1b[3', '1mred')).toBe(false)
    expect(endsInSequence('\x1b', '[0m')).toBe(false)
  })

  it('sees what is not', () => {
    expect(endsInSequence('\x1b')).toBe(true)
    expect(endsInSequence('\x1b[3')).toBe(true)
    expect(endsInSequence('\x1b[3', '1;')).toBe(true)
    expect(endsInSequence('\x1b]0;many\r\nlines\r\n')).toBe(true)
    expect(endsInSequence('\x1bPq', 'sixel data')).toBe(true)
    expect(endsInSequence('\u009b3')).toBe(true)
  })
})
