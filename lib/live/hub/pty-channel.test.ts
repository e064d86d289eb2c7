import { beforeEach, describe, expect, test } from 'vitest'
import type { ServerMessage } from '../protocol'
import type { FramedChunk } from './chunk-queue'
import { PtyChannel } from './pty-channel'

let sent: (ServerMessage | string)[]
let paused: boolean
let channel: PtyChannel

const sink = {
  isReady: () => true,
  frame: (_channel: number, chunk: FramedChunk) => sent.push(Buffer.from(chunk.data).toString()),
  message: (message: ServerMessage) => sent.push(message),
  finished: () => undefined,
}
const source = {
  input: () => undefined,
  resize: () => undefined,
  pause: () => {
    paused = true
  },
  resume: () => {
    paused = false
  },
  close: () => undefined,
}
const screen = { offset: 0, cols: 80, rows: 24, sizeOwner: null, skipped: 0 }

function print(text: string, offset = 0): void {
  channel.chunk({ stream: 'stdout', offset, wallMs: null, data: Buffer.from(text) })
}

beforeEach(() => {
  sent = []
  paused = false
  channel = new PtyChannel(1, 10, sink)
  channel.attach(source)
})

describe('the output of a terminal', () => {
  test('is sent as far as the credit allows, and a size keeps its position', () => {
    print('0123456789abc')
    channel.sized({ cols: 100, rows: 30, sizeOwner: 'me' })
    print('after', 13)
    expect(sent).toEqual(['0123456789'])
    channel.grant(3)
    expect(sent.slice(1)).toEqual(['abc', { t: 'pty-size', ch: 1, cols: 100, rows: 30, sizeOwner: 'me' }])
    channel.grant(100)
    expect(sent.at(-1)).toBe('after')
  })

  test('a new screen replaces what is queued, because it contains that', () => {
    print('x'.repeat(20))
    channel.screen({ ...screen, data: 'the screen' })
    channel.grant(100)
    expect(sent).toEqual(['x'.repeat(10), { t: 'pty-screen', ch: 1, ...screen, data: 'the screen' }])
  })

  test('a target that keeps no screens loses nothing that is queued', () => {
    print('0123456789abc')
    channel.screen({ ...screen, data: null })
    channel.grant(100)
    expect(sent).toEqual(['0123456789', 'abc', { t: 'pty-screen', ch: 1, ...screen, data: null }])
  })

  test('the exit comes after all output', () => {
    print('0123456789abc')
    channel.ended({ exitCode: 3, reason: 'non-zero exit', message: null })
    expect(sent).toHaveLength(1)
    channel.grant(100)
    expect(sent.at(-1)).toMatchObject({ t: 'pty-exit', exitCode: 3 })
  })

  test('a slow viewer pauses the target, and resumes it when it has caught up', () => {
    print('x'.repeat(300_000))
    expect(paused).toBe(true)
    channel.grant(300_000)
    expect(paused).toBe(false)
  })
})
