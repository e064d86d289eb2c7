import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { callerOf } from '@/lib/auth/caller'
import { log } from '@/lib/log/log'
import { decodeJournalFrame } from '@/lib/process-api/journal-frame'
import { TargetError } from '@/lib/process-api/problem'
import { FakeTarget, fakeIds, fakeRef } from '@/test-kit/fake-target'
import type { ClientMessage, JournalRef, ServerMessage } from '../protocol'
import { LiveHub } from './live-hub'

/** A tab that records what it receives, and grants credit only on request. */
class Tab {
  readonly messages: ServerMessage[] = []
  readonly streams: string[] = []
  readonly socket: WebSocket
  readonly texts = new Map<number, string>()
  private readonly next = new Map<number, number>()
  closeCode: number | null = null

  constructor(url: string, from = 0) {
    this.socket = new WebSocket(url)
    this.socket.on('message', (data, isBinary) => {
      if (!isBinary) {
        this.messages.push(JSON.parse(data.toString()))
        return
      }
      const { channel, offset, data: payload, stream } = decodeJournalFrame(data as Buffer)
      expect(offset).toBe(this.next.get(channel) ?? from)
      this.next.set(channel, offset + payload.byteLength)
      this.texts.set(channel, (this.texts.get(channel) ?? '') + Buffer.from(payload).toString())
      this.streams.push(stream)
    })
    this.socket.on('close', (code) => {
      this.closeCode = code
    })
  }

  get text(): string {
    return this.texts.get(1) ?? ''
  }

  async opened(): Promise<this> {
    await new Promise((resolve) => this.socket.once('open', resolve))
    return this
  }

  send(message: ClientMessage): void {
    this.socket.send(JSON.stringify(message))
  }

  follow(from = 0, credit = 1_000_000, ref: JournalRef = fakeRef, ch = 1): void {
    this.send({ t: 'open', ch, target: 'local', ref, from, credit })
  }

  of<Kind extends ServerMessage['t']>(kind: Kind) {
    return this.messages.filter((it): it is Extract<ServerMessage, { t: Kind }> => it.t === kind)
  }
}

let target: FakeTarget
let hub: LiveHub
let server: Server
let url: string
let away = false
const tabs: Tab[] = []

async function start(kind: 'extended' | 'plain'): Promise<void> {
  target = new FakeTarget(kind)
  await target.start()
  hub = new LiveHub(
    {
      client: (name) => {
        if (name !== 'local') throw new TargetError('TARGET_UNKNOWN', 'There is no target of this name.')
        if (away) throw new TargetError('TARGET_UNREACHABLE', 'The engine has not started yet.')
        return target.client()
      },
    },
    'test',
  )
  const sockets = new WebSocketServer({ noServer: true })
  server = createServer()
  server.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (opened) =>
      hub.accept(opened, callerOf({ id: 'session', issuedAt: 0 }, '')),
    ),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function tab(from = 0): Promise<Tab> {
  const made = await new Tab(url, from).opened()
  tabs.push(made)
  return made
}

beforeEach(() => {
  away = false
})
afterEach(async () => {
  for (const it of tabs.splice(0)) it.socket.terminate()
  await hub.close()
  await target.stop()
  server.closeAllConnections()
  server.close()
})

describe.each(['extended', 'plain'] as const)('a log of an %s target', (kind) => {
  beforeEach(() => start(kind))

  it('is complete, in order, with separate streams, and ends with the verdict', async () => {
    const viewer = await tab()
    target.print('one ')
    viewer.follow()
    await vi.waitFor(() => expect(viewer.text).toBe('one '))
    target.print('two ', 'stderr')
    target.print('three')
    target.end(3)
    await vi.waitFor(() => expect(viewer.of('end')).toHaveLength(1))
    expect(viewer.text).toBe('one two three')
    expect(viewer.streams).toEqual(['stdout', 'stderr', 'stdout'])
    expect(viewer.of('end')[0]).toMatchObject({ ch: 1, offset: 13, execution: { state: 'failed', exitCode: 3 } })
  })

  it('continues at the offset of the viewer', async () => {
    target.print('0123456789')
    const viewer = await tab(4)
    viewer.follow(4)
    await vi.waitFor(() => expect(viewer.text).toBe('456789'))
    expect(viewer.of('opened')[0]).toMatchObject({ from: 4 })
  })

  it('survives broken connections without a gap, a duplicate or an early end', async () => {
    const viewer = await tab()
    viewer.follow()
    await vi.waitFor(() => expect(viewer.of('opened')).toHaveLength(1))
    for (let round = 1; round <= 3; round += 1) {
      for (let line = 0; line < 100; line += 1) target.print(`${round}.${line}\n`, line % 7 ? 'stdout' : 'stderr')
      target.breakStreams()
      await vi.waitFor(() => expect(viewer.of('opened')).toHaveLength(round + 1), { timeout: 10_000 })
    }
    await vi.waitFor(() => expect(viewer.text).toBe(target.written))
    expect(viewer.of('away').length).toBeGreaterThanOrEqual(3)
    expect(viewer.of('end')).toEqual([])
  }, 15_000)

  it('waits for an unreachable target and continues at the same offset', async () => {
    const viewer = await tab()
    viewer.follow()
    target.print('before ')
    await vi.waitFor(() => expect(viewer.text).toBe('before '))
    await target.stop()
    await vi.waitFor(() => expect(viewer.of('away').length).toBeGreaterThanOrEqual(2), { timeout: 5_000 })
    await target.start()
    target.print('after')
    await vi.waitFor(() => expect(viewer.text).toBe('before after'), { timeout: 10_000 })
    expect(viewer.of('end')).toEqual([])
  }, 20_000)
})

describe('many viewers', () => {
  beforeEach(() => start('extended'))

  it('do not wait for one that grants nothing, which receives its lag', async () => {
    const [slow, quick] = [await tab(), await tab()]
    slow.follow(0, 1000)
    quick.follow(0, 2_000_000)
    await vi.waitFor(() => expect(target.followers.size).toBe(2))
    for (let line = 0; line < 100; line += 1) target.print('x'.repeat(20_000))
    await vi.waitFor(() => expect(quick.text.length).toBe(2_000_000), { timeout: 5_000 })
    expect(slow.text.length).toBe(1000)
    await vi.waitFor(() => expect(slow.of('behind')).toEqual([{ t: 'behind', ch: 1, bytes: 1_999_000 }]), 3_000)
    slow.send({ t: 'credit', ch: 1, bytes: 1_999_000 })
    await vi.waitFor(() => expect(slow.text).toBe(target.written), { timeout: 5_000 })
    await vi.waitFor(() => expect(slow.of('behind').at(-1)).toMatchObject({ bytes: 0 }), 3_000)
  }, 20_000)

  it('may use several channels in one tab', async () => {
    const viewer = await tab()
    target.print('abc')
    viewer.follow(0, 100, fakeRef, 1)
    await vi.waitFor(() => expect(viewer.text).toBe('abc'))
    viewer.follow(0, 100, { kind: 'command', ...fakeIds, sessionId: 'other' }, 2)
    await vi.waitFor(() => expect(viewer.texts.get(2)).toBe('abc'))
    viewer.send({ t: 'credit', ch: 2, bytes: 1 })
    target.print('x'.repeat(200))
    await vi.waitFor(() => expect(viewer.texts.get(2)).toHaveLength(101))
    expect(viewer.text).toHaveLength(100)
    viewer.follow(0, 100, fakeRef, 1)
    await vi.waitFor(() => expect(viewer.of('error')[0]).toMatchObject({ ch: 1, code: 'CONFLICT' }))
  })

  it('release every stream when their tabs close, for any reason', async () => {
    const leaving = await Promise.all(Array.from({ length: 20 }, () => tab()))
    for (const it of leaving) {
      it.follow()
      it.send({ t: 'watch', target: 'local' })
    }
    await vi.waitFor(() => expect(target.followers.size).toBe(20))
    expect(hub.stats()).toMatchObject({ sockets: 20, channels: 20, feeds: 1, targetSockets: 21 })
    expect(target.eventSockets.size).toBe(1)
    leaving.forEach((it, index) => {
      if (index % 2) it.socket.terminate()
      else it.socket.close()
    })
    await vi.waitFor(() => expect(target.followers.size).toBe(0))
    expect(hub.stats()).toMatchObject({ sockets: 0, channels: 0 })
  })

  it('close only their own stream with a channel', async () => {
    const viewer = await tab()
    viewer.follow()
    await vi.waitFor(() => expect(target.followers.size).toBe(1))
    viewer.send({ t: 'close', ch: 1 })
    await vi.waitFor(() => expect(target.followers.size).toBe(0))
    expect(viewer.socket.readyState).toBe(WebSocket.OPEN)
  })
})

describe('a target that sends invalid messages', () => {
  it('is disconnected and retried at the same offset', async () => {
    await start('extended')
    const logged = vi.spyOn(log, 'error').mockImplementation(() => undefined)
    const viewer = await tab()
    viewer.follow()
    target.print('before ')
    await vi.waitFor(() => expect(viewer.text).toBe('before '))
    target.babble()
    await vi.waitFor(() => expect(viewer.of('away')).toHaveLength(1))
    target.print('after')
    await vi.waitFor(() => expect(viewer.text).toBe('before after'), { timeout: 5_000 })
    expect(logged).toHaveBeenCalledOnce()
    logged.mockRestore()
  })
})

describe('one stream of a plain log', () => {
  it('has its own offsets, without the bytes of the other stream', async () => {
    await start('plain')
    target.print('out ')
    target.print('one ', 'stderr')
    const viewer = await tab(2)
    viewer.send({ t: 'open', ch: 1, target: 'local', ref: fakeRef, stream: 'stderr', from: 2, credit: 1_000 })
    await vi.waitFor(() => expect(viewer.text).toBe('e '))
    target.print('out ')
    target.print('two', 'stderr')
    target.end(0)
    await vi.waitFor(() => expect(viewer.of('end')).toHaveLength(1))
    expect(viewer.text).toBe('e two')
    expect(viewer.of('end')[0]).toMatchObject({ offset: 7, execution: { state: 'succeeded' } })
  })
})

describe('a journal that is shorter than the offset of the viewer', () => {
  it('is opened at its end, so that the viewer starts again', async () => {
    await start('extended')
    target.print('short')
    const viewer = await tab(5)
    viewer.follow(100)
    await vi.waitFor(() => expect(viewer.of('opened')[0]).toMatchObject({ from: 5, size: 5 }))
    target.print('er')
    await vi.waitFor(() => expect(viewer.text).toBe('er'))
  })
})

describe('messages', () => {
  beforeEach(() => start('extended'))

  it('start with hello, are answered by pongs, and are rejected when invalid', async () => {
    const viewer = await tab()
    await vi.waitFor(() => expect(viewer.of('hello')[0]).toMatchObject({ build: 'test' }))
    viewer.send({ t: 'ping', n: 7 })
    await vi.waitFor(() => expect(viewer.of('pong')).toEqual([{ t: 'pong', n: 7 }]))
    for (const bad of [
      '',
      '{',
      '[]',
      '{"t":"open"}',
      '{"t":"what"}',
      JSON.stringify({ t: 'credit', ch: 1, bytes: -5 }),
    ]) {
      viewer.socket.send(bad)
    }
    await vi.waitFor(() => expect(viewer.of('error')).toHaveLength(6))
    expect(viewer.of('error').every((it) => it.code === 'BAD_REQUEST' && it.ch === null)).toBe(true)
  })

  it('are rejected for an id that would change the path of the URL', async () => {
    const viewer = await tab()
    const bad = ['..', 'a/b', '', 'a'.repeat(300), 'a\0b', '?x=', '#']
    bad.forEach((sessionId, index) => {
      viewer.follow(0, 100, { kind: 'command', ...fakeIds, sessionId }, index + 1)
    })
    await vi.waitFor(() => expect(viewer.of('error')).toHaveLength(bad.length))
    expect(target.requests).toEqual([])
  })

  it('report a permanent failure where there is nothing to follow', async () => {
    const viewer = await tab()
    viewer.send({ t: 'open', ch: 1, target: 'nowhere', ref: fakeRef, from: 0, credit: 1 })
    await vi.waitFor(() => expect(viewer.of('error')[0]).toMatchObject({ ch: 1, code: 'TARGET_UNKNOWN' }))
    expect(hub.stats().channels).toBe(0)
  })

  it('are followed by close code 1001 on a restart, and by 1008 when the session ends', async () => {
    const [first, second] = [await tab(), await tab()]
    hub.closeSession('session')
    await vi.waitFor(() => expect(first.closeCode).toBe(1008))
    expect(second.closeCode).toBe(1008)
    const third = await tab()
    await hub.close()
    await vi.waitFor(() => expect(third.closeCode).toBe(1001))
  })
})

describe('changes of a target', () => {
  it('are pushed to every tab over one subscription, which is restored when it is lost', async () => {
    await start('extended')
    const viewers = [await tab(), await tab()]
    for (const it of viewers) it.send({ t: 'watch', target: 'local' })
    for (const it of viewers) await vi.waitFor(() => expect(it.of('target').at(-1)).toMatchObject({ state: 'up' }))
    expect(target.eventSockets.size).toBe(1)
    target.publish({ type: 'sandbox-deleted', sandboxId: 'x' })
    for (const it of viewers) await vi.waitFor(() => expect(it.of('event')).toHaveLength(1))
    for (const socket of target.eventSockets) socket.terminate()
    const [viewer] = viewers
    await vi.waitFor(() => expect(viewer?.of('target').map((it) => it.state)).toEqual(['up', 'down', 'up']), {
      timeout: 5_000,
    })
  })

  it('are found by polling where the target does not push', async () => {
    await start('plain')
    const viewer = await tab()
    viewer.send({ t: 'watch', target: 'local', sandboxId: fakeIds.sandboxId })
    await vi.waitFor(() => expect(viewer.of('target').at(-1)).toMatchObject({ state: 'up' }))
    await vi.waitFor(() => expect(target.requests.filter((it) => it.endsWith('/process/session'))).not.toEqual([]))
    target.end(1)
    await vi.waitFor(() => expect(viewer.of('event')).toHaveLength(2), { timeout: 5_000 })
    expect(viewer.of('event').map((it) => it.event)).toMatchObject([
      { type: 'session', session: { sessionId: 'build', state: 'idle' } },
      { type: 'command', sessionId: 'build', command: { state: 'failed', exitCode: 1 } },
    ])
  })

  it('are received once an engine that was not running has started', async () => {
    await start('extended')
    away = true
    const viewer = await tab()
    viewer.send({ t: 'watch', target: 'local' })
    await vi.waitFor(() => expect(viewer.of('target')).toEqual([{ t: 'target', target: 'local', state: 'down' }]))
    away = false
    await vi.waitFor(() => expect(viewer.of('target').at(-1)).toMatchObject({ state: 'up' }), { timeout: 5_000 })
  })
})
