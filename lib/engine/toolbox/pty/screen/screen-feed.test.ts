import { describe, expect, it } from 'vitest'
import { HeadlessScreen } from './headless-screen'
import { scrollbackLines } from './messages'
import { ScreenFeed } from './screen-feed'

async function drawn(...parts: Uint8Array[]): Promise<string> {
  const screen = new HeadlessScreen(40, 10)
  await Promise.all(parts.map((part) => new Promise<void>((resolve) => screen.write(part, resolve))))
  return screen.snapshot().data
}

/** Cut a text into chunks of `size` bytes, also within lines. */
function cut(text: string, size: number): Buffer[] {
  const bytes = Buffer.from(text)
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
}

const flood = Array.from({ length: 4 * scrollbackLines }, (_, i) => `línea ${i}\r\n`).join('')

describe('the queue of output for a screen', () => {
  it('keeps everything that may be visible', () => {
    const feed = new ScreenFeed(100)
    for (const chunk of cut('\x1b[31mred\x1b[0m\r\nplain\r\n', 5)) feed.add(chunk)
    expect(Buffer.from(feed.take()).toString()).toBe('\x1b[31mred\x1b[0m\r\nplain\r\n')
    expect(feed.size).toBe(0)
    expect(feed.take()).toHaveLength(0)
  })

  it.each([97, 4096, 65_536])(
    'drops what would scroll away, without changing the screen, in chunks of %i',
    async (size) => {
      const feed = new ScreenFeed(scrollbackLines + 10)
      const chunks = [Buffer.from('\x1b[32m$ cmd\r\n'), ...cut(flood, size), Buffer.from('\x1b[0m$ ')]
      for (const chunk of chunks) feed.add(chunk)
      expect(feed.size).toBeLessThan(flood.length / 2)
      expect(await drawn(feed.take())).toBe(await drawn(...chunks))
    },
  )

  it('keeps what may not be text', () => {
    const feed = new ScreenFeed(10)
    feed.add(Buffer.from('\x1b]0;an endless title'))
    const chunks = cut(flood, 4096)
    for (const chunk of chunks) feed.add(chunk)
    expect(feed.size).toBeGreaterThan(Buffer.byteLength(flood))
  })

  it('keeps text without line ends and with bare line feeds', () => {
    const feed = new ScreenFeed(10)
    for (const chunk of cut('x'.repeat(100_000), 4096)) feed.add(chunk)
    for (const chunk of cut('a\nb\n'.repeat(10_000), 4096)) feed.add(chunk)
    expect(feed.size).toBe(140_000)
  })
})
