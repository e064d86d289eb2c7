import { describe, expect, it } from 'vitest'
import { appendGap, appendText, emptyText, foldText, maxHeadChars, maxTailChars, shownText } from './stream-text'

describe('output of a cell', () => {
  it.each([
    ['plain\ntext', 'plain\ntext'],
    ['epoch 1\repoch 2\repoch 3', 'epoch 3'],
    ['epoch 1\repoch 2\r', 'epoch 2'],
    ['abc\rX', 'Xbc'],
    ['windows\r\nlines\r\n', 'windows\nlines\n'],
    ['10 %\b\b\b\b20 %', '20 %'],
    ['\x1b[32mlong line\x1b[0m\rshort', 'short'],
    ['\r\r\n', '\n'],
  ])('%j reads %j', (raw, shown) => {
    expect(foldText(raw)).toBe(shown)
  })

  it('reads the same in whatever chunks it arrives', () => {
    const raw = 'start\n10 %\r20 %\r100 %\ndone\r\nlast\rl'
    const oneByOne = [...raw].reduce(appendText, emptyText)
    expect(shownText(oneByOne).head).toBe(foldText(raw))
  })

  it('keeps the beginning and the end of a flood and counts the rest', () => {
    let text = emptyText
    for (let index = 0; index < 5_000; index += 1) text = appendText(text, `${String(index).padStart(99, '.')}\n`)
    expect(text.head).toHaveLength(maxHeadChars)
    expect(text.tail).toHaveLength(maxTailChars)
    expect(text.head.length + text.omitted + text.tail.length).toBe(500_000)
    expect(text.tail.endsWith('4999\n')).toBe(true)
  })

  it('stays small under a progress bar that never ends its line', () => {
    let text = emptyText
    for (let index = 0; index < 20_000; index += 1) text = appendText(text, `\r${index} of 20000`)
    expect(text.head.length).toBeLessThan(10_000)
    expect(shownText(text).head).toBe('19999 of 20000')
  })

  it('counts what the console left out', () => {
    expect(appendText(appendGap(appendText(emptyText, 'a'), 5), 'b')).toEqual({ head: 'a', omitted: 5, tail: 'b' })
  })
})
