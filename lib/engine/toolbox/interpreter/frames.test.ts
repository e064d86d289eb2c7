import { describe, expect, it } from 'vitest'
import type { InterpreterFrame } from '@/lib/process-api/interpreter'
import { FrameBatcher } from './frames'

function setUp() {
  const frames: InterpreterFrame[] = []
  const batcher = new FrameBatcher((frame) => frames.push(frame))
  return { batcher, frames, texts: () => frames.map((frame) => `${frame.type}:${frame.text}`) }
}

describe('text frames of the interpreter', () => {
  it('join what print() writes in two chunks', () => {
    const { batcher, frames } = setUp()
    batcher.add('stdout', Buffer.from('1'))
    batcher.add('stdout', Buffer.from('\n'))
    expect(frames).toEqual([{ type: 'stdout', text: '1\n', name: '', value: '', traceback: '' }])
  })

  it('contain whole lines at once and the rest when it is complete', async () => {
    const { batcher, texts } = setUp()
    batcher.add('stdout', Buffer.from('a\nb\nhal'))
    expect(texts()).toEqual(['stdout:a\nb\n'])
    batcher.add('stdout', Buffer.from('f\n'))
    await expect.poll(texts).toEqual(['stdout:a\nb\n', 'stdout:half\n'])
  })

  it('are few for a flood of small chunks', () => {
    const { batcher, frames } = setUp()
    for (let i = 0; i < 30_000; i += 1) batcher.add('stdout', Buffer.from('OK\n'))
    batcher.end()
    expect(frames.map((frame) => frame.text).join('')).toBe('OK\n'.repeat(30_000))
    expect(frames.length).toBeLessThan(3_000)
  })

  it('contain a prompt without a newline after a moment', async () => {
    const { batcher, texts } = setUp()
    batcher.add('stdout', Buffer.from('Name? '))
    await expect.poll(texts).toEqual(['stdout:Name? '])
  })

  it('keep the order between the streams', () => {
    const { batcher, texts } = setUp()
    batcher.add('stdout', Buffer.from('a'))
    batcher.add('stderr', Buffer.from('b'))
    batcher.add('stdout', Buffer.from('c\n'))
    batcher.end()
    expect(texts()).toEqual(['stdout:a', 'stderr:b', 'stdout:c\n'])
  })

  it('decode a character that is split between two chunks, and replace invalid bytes', () => {
    const { batcher, texts } = setUp()
    const dash = Buffer.from('x — y\n')
    batcher.add('stdout', dash.subarray(0, 3))
    batcher.add('stdout', dash.subarray(3))
    batcher.add('stdout', Buffer.from([0xe2]))
    batcher.end()
    expect(texts().join('')).toBe('stdout:x — y\nstdout:�')
  })

  it('split a very long line', () => {
    const { batcher, frames } = setUp()
    batcher.add('stdout', Buffer.from('x'.repeat(200_000)))
    batcher.end()
    expect(frames.map((frame) => frame.text).join('')).toBe('x'.repeat(200_000))
    expect(Math.max(...frames.map((frame) => frame.text.length))).toBeLessThanOrEqual(64 * 1024)
  })
})
