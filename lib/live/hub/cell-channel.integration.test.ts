import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { PlainCells } from '@/lib/targets/plain-cells/plain-cells'
import { sharePlainCells } from '@/lib/targets/plain-cells/shared'
import { FakeTarget, fakeIds } from '@/test-kit/fake-target'
import type { ServerMessage } from '../protocol'
import { CellChannel } from './cell-channel'

let target: FakeTarget
let interpreter: WebSocketServer
let cells: PlainCells

beforeEach(async () => {
  target = new FakeTarget('plain')
  await target.start()
  interpreter = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await new Promise((resolve) => interpreter.once('listening', resolve))
  cells = new PlainCells()
  sharePlainCells(cells)
})
afterEach(async () => {
  await target.stop()
  await new Promise<void>((resolve) => interpreter.close(() => resolve()))
})

/** Opens a channel; `until` resolves with all messages once one of them matches. */
function open(runId: string) {
  const messages: ServerMessage[] = []
  const waiting = new Set<() => void>()
  const receive = (message: ServerMessage) => {
    messages.push(message)
    for (const check of waiting) check()
  }
  const ref = { sandboxId: fakeIds.sandboxId, contextId: 'default', runId }
  const sink = { isReady: () => true, message: receive, bulk: receive, finished: () => {} }
  const channel = new CellChannel({ number: 3, target: 'plain', ref, client: () => target.client(), sink })
  const until = (matches: (message: ServerMessage) => boolean) =>
    new Promise<ServerMessage[]>((resolve) => {
      const check = () => messages.some(matches) && resolve(messages)
      waiting.add(check)
      check()
    })
  return { channel, until }
}

function hasEnded(message: ServerMessage): boolean {
  return message.t === 'cell' && message.parts.some((part) => part.kind === 'run' && part.run.state !== 'running')
}

it('a cell of a plain target is sent from its start to each tab', async () => {
  interpreter.on('connection', (socket) => {
    socket.once('message', () => {
      const frame = { type: 'stdout', text: 'out\n', name: '', value: '', traceback: '' }
      socket.send(JSON.stringify(frame))
      socket.close(1000)
    })
  })
  const url = `http://127.0.0.1:${(interpreter.address() as AddressInfo).port}`
  const context = { target: 'plain', sandboxId: fakeIds.sandboxId, contextId: 'default' }
  const runId = cells.start(context, target.client().endpoint, url, { code: 'x', timeout: null })
  for (let tab = 0; tab < 2; tab += 1) {
    const { channel, until } = open(runId)
    const messages = await until(hasEnded)
    expect(messages[0]).toMatchObject({ t: 'cell', ch: 3, reset: true })
    const parts = messages.flatMap((message) => (message.t === 'cell' ? message.parts : []))
    expect(parts).toContainEqual({ kind: 'output', stream: 'stdout', text: 'out\n' })
    channel.close()
  }
})

it('an unknown cell fails for good', async () => {
  const { channel, until } = open('00000000-0000-4000-8000-000000000009')
  const messages = await until(({ t }) => t === 'error')
  expect(messages).toMatchObject([{ t: 'error', ch: 3, code: 'NOT_FOUND' }])
  channel.close()
})
