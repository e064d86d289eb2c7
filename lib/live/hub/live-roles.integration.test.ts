/** What the hub refuses to a viewer, and how soon it closes the sockets of a person whose access changed. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { callerOf } from '@/lib/auth/caller'
import { TargetError } from '@/lib/process-api/problem'
import type { ServerMessage } from '../protocol'
import { closeCodes } from './live-connection'
import { LiveHub } from './live-hub'

let hub: LiveHub
let server: Server
const client = vi.fn(() => {
  throw new TargetError('TARGET_UNREACHABLE', 'The engine has not started yet.')
})

beforeEach(async () => {
  client.mockClear()
  hub = new LiveHub({ client }, 'test')
  const sockets = new WebSocketServer({ noServer: true })
  server = createServer()
  server.on('upgrade', (request, socket, head) => {
    const person = { id: request.url?.slice(1) ?? '', name: 'Ada', role: 'viewer' } as const
    const caller = callerOf({ id: `session of ${person.id}`, issuedAt: 0, person }, '')
    sockets.handleUpgrade(request, socket, head, (opened) => hub.accept(opened, caller))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await hub.close()
  await new Promise((resolve) => server.close(resolve))
})

async function connect(personId: string) {
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/${personId}`)
  const messages: ServerMessage[] = []
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  socket.on('message', (data) => messages.push(JSON.parse(data.toString())))
  await vi.waitFor(() => expect(messages).toContainEqual(expect.objectContaining({ t: 'hello' })))
  return { socket, messages, closed }
}

it.each([
  { t: 'pty-input', ch: 1, n: 1, data: 'bHMK' },
  { t: 'pty-resize', ch: 1, cols: 80, rows: 24, take: true },
])('refuses $t to a viewer, reports it, and closes a socket that insists', async (message) => {
  const calls: string[] = []
  hub.onCall = (_caller, call, result) => calls.push(`${call.operation} ${result}`)
  const { socket, messages, closed } = await connect('ada')
  socket.send(JSON.stringify(message))
  const refusal = { t: 'error', ch: 1, code: 'FORBIDDEN', message: expect.stringContaining('needs the role operator') }
  await vi.waitFor(() => expect(messages).toContainEqual(refusal))
  expect(calls).toEqual([expect.stringMatching(/^terminal\.(type|resize) FORBIDDEN$/)])
  expect(client).not.toHaveBeenCalled()
  for (let sent = 1; sent <= 20; sent += 1) socket.send(JSON.stringify(message))
  expect(await closed).toBe(closeCodes.refused)
})

it('closes the sockets of a person whose access changed, and no others', async () => {
  const [ada, alsoAda, bo] = [await connect('ada'), await connect('ada'), await connect('bo')]
  hub.closePerson('ada', 'role')
  expect(await Promise.all([ada.closed, alsoAda.closed])).toEqual([closeCodes.refused, closeCodes.refused])
  bo.socket.send(JSON.stringify({ t: 'ping', n: 7 }))
  await vi.waitFor(() => expect(bo.messages).toContainEqual({ t: 'pong', n: 7 }))
})
