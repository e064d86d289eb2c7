import { Terminal } from '@xterm/headless'
import { expect, test } from 'vitest'
import '@/lib/engine/toolbox/pty/screen/unpooled-buffers'
import { GraphemesAddon } from './graphemes'

/** The cells of a row that are not empty; by default of the first one. */
async function cellsOf(text: string, row = 0): Promise<string[]> {
  const terminal = new Terminal({ cols: 80, rows: 4, allowProposedApi: true })
  terminal.loadAddon(new GraphemesAddon())
  await new Promise<void>((resolve) => terminal.write(text, resolve))
  const line = terminal.buffer.active.getLine(row)
  return Array.from({ length: 80 }, (_, column) => line?.getCell(column)?.getChars() ?? '').filter(
    (cell) => cell !== '',
  )
}

test('clusters of real text stay in one cell', async () => {
  const clusters = ['é', 'e\u0301\u0323', '👩‍👩‍👧‍👧', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '🇩🇪', 'षि', 'Z\u0351\u036b\u0343\u036a\u0302']
  for (const cluster of clusters) expect(await cellsOf(`${cluster}|`)).toEqual([cluster, '|'])
})

test('a cell holds no more than 64 characters, however many follow', async () => {
  const text = `e${'\u0301'.repeat(1000)}`
  const cells = await cellsOf(`${text}|`)
  expect(Math.max(...cells.map((cell) => [...cell].length))).toBe(64)
  expect(cells.join('')).toBe(`${text}|`)
})

test('a flood of joined characters takes cells of its own, so that the memory of a row has a limit', async () => {
  const cells = await cellsOf('\u0301'.repeat(100_000), 150)
  expect(cells).toHaveLength(80)
  expect([...cells.join('')].length).toBeLessThanOrEqual(80 * 5)
})
