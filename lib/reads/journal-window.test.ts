import { expect, it, vi } from 'vitest'
import type { MarkedPiece } from '@/lib/process-api/log-markers'

vi.mock('server-only', () => ({}))
const { cutWindow } = await import('./journal-window')

async function* log(...texts: string[]): AsyncGenerator<MarkedPiece> {
  let offset = 0
  for (const [index, text] of texts.entries()) {
    yield { stream: index % 2 ? 'stderr' : 'stdout', offset, data: Buffer.from(text) }
    offset += text.length
  }
}

function text(window: Awaited<ReturnType<typeof cutWindow>>) {
  return window.chunks.map((chunk) => `${chunk.offset}:${chunk.stream}:${Buffer.from(chunk.data, 'base64')}`)
}

it('starts and ends in the middle of chunks', async () => {
  const window = await cutWindow(log('0123', '4567', '89'), { from: 2, to: 9 })
  expect(window).toMatchObject({ size: 10, from: 2, to: 9, truncated: false })
  expect(text(window)).toEqual(['2:stdout:23', '4:stderr:4567', '8:stdout:8'])
})

it('returns the last bytes, or the whole log if it has fewer', async () => {
  expect(text(await cutWindow(log('0123', '4567', '89'), { tail: 3 }))).toEqual(['7:stderr:7', '8:stdout:89'])
  expect(text(await cutWindow(log('01'), { tail: 100 }))).toEqual(['0:stdout:01'])
  expect(await cutWindow(log('01'), { tail: 0 })).toMatchObject({ size: 2, from: 2, to: 2, chunks: [] })
})

it('omits the other stream without changing offsets', async () => {
  expect(text(await cutWindow(log('0123', '4567', '89'), { stream: 'stderr' }))).toEqual(['4:stderr:4567'])
})

it('reports that it had to stop before the end', async () => {
  const long = 'x'.repeat(3 * 1024 * 1024)
  const window = await cutWindow(log(long, long), {})
  expect(window).toMatchObject({ size: 6 * 1024 * 1024, from: 0, to: 4 * 1024 * 1024, truncated: true })
})

it('is empty beyond the end', async () => {
  expect(await cutWindow(log('0123'), { from: 100 })).toMatchObject({ size: 4, from: 4, to: 4, chunks: [] })
})
