import { describe, expect, it } from 'vitest'
import { ChunkQueue, type FramedChunk } from './chunk-queue'

function chunk(offset: number, text: string, more: Partial<FramedChunk> = {}): FramedChunk {
  return { stream: 'stdout', offset, wallMs: 1000, data: Buffer.from(text), ...more }
}

function drain(queue: ChunkQueue, max: number) {
  const taken: [string, number, string][] = []
  for (let next = queue.take(max); next; next = queue.take(max)) {
    taken.push([next.stream, next.offset, Buffer.from(next.data).toString()])
  }
  return taken
}

describe('ChunkQueue', () => {
  it('joins adjacent chunks of one stream and time', () => {
    const queue = new ChunkQueue()
    queue.push(chunk(0, 'ab'))
    queue.push(chunk(2, 'cd', { wallMs: 1005 }))
    expect(drain(queue, 100)).toEqual([['stdout', 0, 'abcd']])
    expect(queue.bytes).toBe(0)
  })

  it('keeps the order of the streams', () => {
    const queue = new ChunkQueue()
    queue.push(chunk(0, 'a'))
    queue.push(chunk(1, 'b', { stream: 'stderr' }))
    queue.push(chunk(2, 'c'))
    expect(drain(queue, 100)).toEqual([
      ['stdout', 0, 'a'],
      ['stderr', 1, 'b'],
      ['stdout', 2, 'c'],
    ])
  })

  it('keeps the times of chunks that arrived at different times', () => {
    const queue = new ChunkQueue()
    queue.push(chunk(0, 'a', { wallMs: 1000 }))
    queue.push(chunk(1, 'b', { wallMs: 2000 }))
    expect(drain(queue, 100)).toHaveLength(2)
  })

  it('splits a chunk that is too long, and returns null where nothing may be sent', () => {
    const queue = new ChunkQueue()
    queue.push(chunk(10, 'abcdefg'))
    expect(queue.take(0)).toBeNull()
    expect(drain(queue, 3)).toEqual([
      ['stdout', 10, 'abc'],
      ['stdout', 13, 'def'],
      ['stdout', 16, 'g'],
    ])
  })

  it('forwards a whole frame, but never a split one', () => {
    const frame = Buffer.alloc(24 + 4)
    const queue = new ChunkQueue()
    queue.push(chunk(0, 'abcd', { frame }))
    queue.push(chunk(4, 'efgh', { frame, wallMs: 9000 }))
    expect(queue.take(4)?.frame).toBe(frame)
    expect(queue.take(3)?.frame).toBeUndefined()
    expect(queue.take(3)?.frame).toBeUndefined()
  })

  it('neither loses nor repeats a byte, for any sequence of pushes and takes', () => {
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31
      return (seed >>> 12) % below
    }
    const queue = new ChunkQueue()
    let offset = 0
    let expected = 0
    for (let step = 0; step < 20_000; step += 1) {
      if (random(2) === 0) {
        const data = Buffer.alloc(random(40), offset % 251)
        queue.push({ stream: random(3) === 0 ? 'stderr' : 'stdout', offset, wallMs: random(30), data })
        offset += data.byteLength
      } else {
        const taken = queue.take(random(64))
        if (!taken) continue
        expect(taken.offset).toBe(expected)
        expected += taken.data.byteLength
        expect(queue.bytes).toBe(offset - expected)
      }
    }
    expect(expected).toBeGreaterThan(10_000)
  })
})
