import { Terminal } from '@xterm/headless'
import { expect, test } from 'vitest'
import '@/lib/engine/toolbox/pty/screen/unpooled-buffers'
import { GraphemesAddon } from './graphemes'

/** The cells of the first row that are not empty. */
async function cellsOf(text: string): Promise<string[]> {
  const terminal = new Terminal({ cols: 80, rows: 4, allowProposedApi: true })
  terminal.loadAddon(new GraphemesAddon())
  await new Promise<void>((resolve) => terminal.write(text, resolve))
  const line = terminal.buffer.active.getLine(0)
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
