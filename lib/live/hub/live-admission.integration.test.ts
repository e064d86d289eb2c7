import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { callerOf } from '@/lib/auth/caller'
import { LiveAdmission } from './live-admission'

let server: Server
let url: string
const accepted: WebSocket[] = []
const clients: WebSocket[] = []

/** @param timeoutMs how long a rejected socket is kept open to receive the reason */
async function listen(timeoutMs: number): Promise<void> {
  const hub = { accept: (socket: WebSocket) => void accepted.push(socket) }
  const admission = new LiveAdmission(hub, { total: 4, perHolder: 2, perAddress: 3 }, { max: 2, timeoutMs })
  server = createServer()
  server.on('upgrade', (request, socket, head) => {
    const [, id = '', address = ''] = (request.url ?? '').split('/')
    admission.open({ request, socket, head, caller: callerOf({ id, issuedAt: 0 }, address) })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
}

beforeEach(() => listen(60_000))
afterEach(() => {
  for (const client of clients.splice(0)) client.terminate()
  accepted.length = 0
  server.closeAllConnections()
  server.close()
})

function dial(session: string, address: string, origin: string | null = 'http://console'): WebSocket {
  const client = new WebSocket(`${url}/${session}/${address}`, origin === null ? {} : { origin })
  clients.push(client)
  // Errors are seen by the test that awaits the client.
  client.on('error', () => undefined)
  return client
}

async function open(session: string, address: string): Promise<WebSocket> {
  const before = accepted.length
  const client = dial(session, address)
  await once(client, 'open')
  await vi.waitFor(() => expect(accepted.length).toBe(before + 1))
  return client
}

/** What a rejected page receives. */
async function rejection(session: string, address: string) {
  const client = dial(session, address)
  const message = once(client, 'message')
  const closed = once(client, 'close')
  return { message: JSON.parse(String((await message)[0])), code: (await closed)[0] }
}

it('reports to a page which limit is reached, and closes with 1013', async () => {
  await open('one', 'a')
  await open('one', 'a')
  const held = await rejection('one', 'b')
  expect(held.code).toBe(1013)
  expect(held.message).toMatchObject({ t: 'error', ch: null, code: 'TOO_MANY_REQUESTS' })
  expect(held.message.message).toContain('SANDGLASS_LIVE_SOCKETS_PER_SESSION')
  await open('two', 'a')
  expect((await rejection('two', 'a')).message.message).toContain('SANDGLASS_LIVE_SOCKETS_PER_ADDRESS')
  await open('two', 'b')
  expect((await rejection('three', 'c')).message.message).toMatch(/SANDGLASS_LIVE_SOCKETS\)/)
  expect(accepted).toHaveLength(4)
})

it('rejects a program with 429 before the handshake', async () => {
  await open('one', 'a')
  await open('one', 'a')
  const [, response] = (await once(dial('one', 'a', null), 'unexpected-response')) as [unknown, IncomingMessage]
  expect(response.statusCode).toBe(429)
})

it('releases the slot when a socket closes, for any reason', async () => {
  const polite = await open('one', 'a')
  const rude = await open('one', 'a')
  polite.close()
  rude.terminate()
  await vi.waitFor(async () => {
    const client = dial('one', 'a')
    await once(client, 'open')
    // A rejected socket is open as well; an accepted one is passed to the hub.
    expect(accepted.length).toBeGreaterThan(2)
  })
  // An invalid handshake occupies a slot only as long as its connection.
  for (let i = 0; i < 10; i += 1) {
    const { port } = server.address() as AddressInfo
    const broken = connect(port, '127.0.0.1')
    broken.write(
      'GET /three/c HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    )
    broken.resume()
    await once(broken, 'close')
  }
  await open('three', 'c')
})

/** A client that never replies. */
async function silent(): Promise<void> {
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  const head = ['GET /one/a HTTP/1.1', 'Host: x', 'Origin: http://x', 'Connection: Upgrade', 'Upgrade: websocket']
  const key = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
  socket.write(`${[...head, ...key].join('\r\n')}\r\n\r\n`)
  socket.on('error', () => undefined)
  await once(socket, 'readable')
}

it('keeps only a few rejected sockets open', async () => {
  await open('one', 'a')
  await open('one', 'a')
  await silent()
  await silent()
  const [, response] = (await once(dial('one', 'a'), 'unexpected-response')) as [unknown, IncomingMessage]
  expect(response.statusCode).toBe(429)
})

it('does not keep them open for a client that never replies', async () => {
  server.close()
  await listen(50)
  await open('one', 'a')
  await open('one', 'a')
  await silent()
  await vi.waitFor(
    () =>
      new Promise<void>((resolve, reject) =>
        server.getConnections((error, count) =>
          error || count > 2 ? reject(error ?? new Error(`${count} are open`)) : resolve(),
        ),
      ),
    10_000,
  )
})
