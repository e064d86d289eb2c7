import { describe, expect, it } from 'vitest'
import type { InterpreterFrame } from '@/lib/process-api/interpreter'
import { FrameGatherer } from './frames'

function gather() {
  const frames: InterpreterFrame[] = []
  const gatherer = new FrameGatherer((frame) => frames.push(frame))
  return { gatherer, frames, texts: () => frames.map((frame) => `${frame.type}:${frame.text}`) }
}

describe('text frames of the interpreter', () => {
  it('joins what print() writes in two pieces', () => {
    const { gatherer, frames } = gather()
    gatherer.add('stdout', Buffer.from('1'))
    gatherer.add('stdout', Buffer.from('\n'))
    expect(frames).toEqual([{ type: 'stdout', text: '1\n', name: '', value: '', traceback: '' }])
  })

  it('sends whole lines at once and the rest when it is complete', async () => {
    const { gatherer, texts } = gather()
    gatherer.add('stdout', Buffer.from('a\nb\nhal'))
    expect(texts()).toEqual(['stdout:a\nb\n'])
    gatherer.add('stdout', Buffer.from('f\n'))
    await expect.poll(texts).toEqual(['stdout:a\nb\n', 'stdout:half\n'])
  })

  it('puts the small pieces of a flood into few frames', () => {
    const { gatherer, frames } = gather()
    for (let i = 0; i < 30_000; i += 1) gatherer.add('stdout', Buffer.from('OK\n'))
    gatherer.end()
    expect(frames.map((frame) => frame.text).join('')).toBe('OK\n'.repeat(30_000))
    expect(frames.length).toBeLessThan(3_000)
  })

  it('shows a prompt without a newline after a moment', async () => {
    const { gatherer, texts } = gather()
    gatherer.add('stdout', Buffer.from('Name? '))
    await expect.poll(texts).toEqual(['stdout:Name? '])
  })

  it('keeps the order between the streams', () => {
    const { gatherer, texts } = gather()
    gatherer.add('stdout', Buffer.from('a'))
    gatherer.add('stderr', Buffer.from('b'))
    gatherer.add('stdout', Buffer.from('c\n'))
    gatherer.end()
    expect(texts()).toEqual(['stdout:a', 'stderr:b', 'stdout:c\n'])
  })

  it('decodes a character that is cut between two pieces, and shows invalid bytes as such', () => {
    const { gatherer, texts } = gather()
    const dash = Buffer.from('x — y\n')
    gatherer.add('stdout', dash.subarray(0, 3))
    gatherer.add('stdout', dash.subarray(3))
    gatherer.add('stdout', Buffer.from([0xe2]))
    gatherer.end()
    expect(texts().join('')).toBe('stdout:x — y\nstdout:�')
  })

  it('cuts a very long line into frames', () => {
    const { gatherer, frames } = gather()
    gatherer.add('stdout', Buffer.from('x'.repeat(200_000)))
    gatherer.end()
    expect(frames.map((frame) => frame.text).join('')).toBe('x'.repeat(200_000))
    expect(Math.max(...frames.map((frame) => frame.text.length))).toBeLessThanOrEqual(64 * 1024)
  })
})
