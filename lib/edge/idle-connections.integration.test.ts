import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { limitIdleConnections, maxIdleConnections } from './idle-connections'

const max = 4
let server: Server
let held: ServerResponse[] = []
let clients: Socket[] = []

beforeEach(async () => {
  held = []
  clients = []
  server = createServer((request, response) => {
    if (request.url === '/held') held.push(response)
    else response.end('served')
  })
  limitIdleConnections(server, max)
  server.on('upgrade', (_request, socket) => {
    socket.on('end', () => socket.end()).resume()
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(async () => {
  for (const client of clients) client.destroy()
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

/** A connection that the server has accepted. */
async function open(text = ''): Promise<Socket> {
  const accepted = once(server, 'connection')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  clients.push(client)
  // A connection that the server closes may report that it was reset.
  client.on('error', () => undefined).resume()
  if (text !== '') client.write(text)
  await accepted
  return client
}

async function connectionCount(): Promise<number> {
  return await new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  )
}

test('closes the oldest idle connections, also those that have sent a part of a request', async () => {
  const first = await open('GET / HTTP/1.1\r\n')
  const closed = once(first, 'close')
  for (let i = 0; i < 3 * max; i += 1) await open()
  await closed
  await expect.poll(connectionCount).toBe(max)
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  expect(await response.text()).toBe('served')
})

test('keeps connections with a request in progress, and counts them again after it', async () => {
  for (let i = 0; i < 2 * max; i += 1) await open('GET /held HTTP/1.1\r\nHost: a\r\n\r\n')
  await expect.poll(() => held.length).toBe(2 * max)
  for (let i = 0; i < 2 * max; i += 1) await open()
  await expect.poll(connectionCount).toBe(3 * max)
  for (const response of held) response.end('late')
  await expect.poll(connectionCount).toBe(max)
})

test('keeps upgraded connections', async () => {
  const upgrade = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'
  for (let i = 0; i < 2 * max; i += 1) await once(await open(upgrade), 'data')
  for (let i = 0; i < 2 * max; i += 1) await open()
  await expect.poll(connectionCount).toBe(3 * max)
})

test('the limit leaves most descriptors for other uses', () => {
  expect(maxIdleConnections()).toBeGreaterThan(0)
  expect(maxIdleConnections()).toBeLessThanOrEqual(2_000)
})
