import { Terminal } from '@xterm/headless'
import { expect, it } from 'vitest'
import { ProgressFold } from './progress-fold'

const encode = (text: string) => new TextEncoder().encode(text)

/** The rows of a terminal of 20 columns that was given these pieces. */
async function rows(...pieces: string[]): Promise<string[]> {
  const terminal = new Terminal({ cols: 20, rows: 10, convertEol: true, allowProposedApi: true })
  const fold = new ProgressFold()
  for (const bytes of [...pieces.map((piece) => fold.next(encode(piece))), fold.end()]) terminal.write(bytes)
  await new Promise<void>((resolve) => terminal.write('', resolve))
  const buffer = terminal.buffer.active
  const all = Array.from({ length: buffer.length }, (_, row) => buffer.getLine(row)?.translateToString(true) ?? '')
  return all.slice(0, all.findLastIndex((text) => text !== '') + 1)
}

const bar = (percent: number) => `epoch 1: ${percent}%|${'#'.repeat(percent / 5).padEnd(20)}|`

it('keeps a bar that is wider than the pane on its row, and draws it whole when it is finished', async () => {
  expect(await rows(`start\n${[5, 50, 100].map((percent) => `\r${bar(percent)}`).join('')}\nend\n`)).toEqual([
    'start',
    bar(100).slice(0, 20),
    bar(100).slice(20),
    'end',
  ])
})

it('does so wherever the output is cut into pieces', async () => {
  const text = `\r${bar(5)}\r${bar(50)}\r${bar(100)}\r\nend\r\n`
  for (let cut = 0; cut < text.length; cut += 1) {
    const pieces = [text.slice(0, cut), text.slice(cut, cut + 1), text.slice(cut + 1)]
    expect(await rows(...pieces), `cut at ${cut}`).toEqual([bar(100).slice(0, 20), bar(100).slice(20), 'end'])
  }
})

it('draws the last state whole where no newline follows it', async () => {
  expect(await rows(`\r${bar(5)}`, `\r${bar(100)}`)).toEqual([bar(100).slice(0, 20), bar(100).slice(20)])
})

it('leaves other output alone: line ends of two characters, short updates, wrapped lines', async () => {
  expect(await rows('one\r\ntwo\r', '\n', '10%\r20%\rdone\n', 'x'.repeat(30), '\n')).toEqual([
    'one',
    'two',
    'done',
    'x'.repeat(20),
    'x'.repeat(10),
  ])
  const plain = encode('no return in here\n')
  expect(new ProgressFold().next(plain)).toBe(plain)
})

it('keeps colours, and does not hold on to a line without end', async () => {
  const fold = new ProgressFold()
  fold.next(encode('\r'))
  fold.next(encode('x'.repeat(10_000)))
  expect(fold.next(encode('\n')).length).toBeLessThan(20)
  expect(await rows('\r\u001b[32mok\u001b[0m\r\u001b[31mfailed\u001b[0m\n')).toEqual(['failed'])
})
