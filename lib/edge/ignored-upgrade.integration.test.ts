import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { ignoreUpgrade, offersUpgradeTo } from './ignored-upgrade'

let server: Server
afterEach(() => server.close())

/** Responds with what it has got of each request. */
async function listen(until: () => Promise<void> = async () => {}): Promise<number> {
  server = createServer(async (request, response) => {
    await until()
    const body = await text(request)
    response.end(
      JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body: body.length }),
    )
  })
  server.on('upgrade', (request, socket, head) => {
    if (offersUpgradeTo(request, 'websocket')) socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    else ignoreUpgrade(server, request, socket, head)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Sends requests one after the other on one connection; resolves with the text of each response. */
async function send(port: number, requests: ReadonlyArray<readonly string[]>): Promise<string[]> {
  const socket = connect(port, '127.0.0.1')
  const responses: string[] = []
  for (const chunks of requests) {
    const response = once(socket, 'data')
    for (const chunk of chunks) {
      socket.write(chunk)
      await new Promise((resolve) => setImmediate(resolve))
    }
    responses.push(String((await response)[0]))
  }
  socket.destroy()
  return responses
}

const offer =
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n'

test('a request that offers another protocol is served as if it did not, with its body, and so is the next one', async () => {
  const port = await listen()
  const body = JSON.stringify({ command: 'é'.repeat(100_000) })
  const responses = await send(port, [
    [
      `POST /a?b=1 HTTP/1.1\r\nHost: x\r\nX-Kept: café\r\n${offer}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`,
      body.slice(0, 50_000),
      body.slice(50_000),
    ],
    [`POST /chunked HTTP/1.1\r\nHost: x\r\n${offer}Transfer-Encoding: chunked\r\n\r\n5\r\nhel`, 'lo\r\n0\r\n\r\n'],
    ['GET /last HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])
  const [first, second, third] = responses.map((it) => JSON.parse(it.slice(it.indexOf('{'), it.lastIndexOf('}') + 1)))
  expect(first).toMatchObject({ method: 'POST', url: '/a?b=1', body: body.length })
  expect(Object.keys(first.headers).sort()).toEqual(['content-length', 'host', 'x-kept'])
  expect(second).toMatchObject({ url: '/chunked', body: 5 })
  expect(third).toMatchObject({ method: 'GET', url: '/last' })
})

test('a WebSocket stays one, however it is written', async () => {
  const port = await listen()
  for (const protocol of ['websocket', 'WebSocket', 'h2c, websocket']) {
    const request = `GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: ${protocol}\r\n\r\n`
    expect(await send(port, [[request]])).toEqual([expect.stringContaining('101 Switching Protocols')])
  }
})

test('a connection that offers one before its last response is there is closed', async () => {
  const port = await listen(() => new Promise(() => {}))
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET /never HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n${offer}\r\n`)
  socket.resume()
  await once(socket, 'close')
})

test('a connection whose headers are too many to know them all is closed, so that no body is taken for a request', async () => {
  const port = await listen()
  const socket = connect(port, '127.0.0.1')
  const body = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
  const many = 'a:\r\n'.repeat(1_100)
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${offer}${many}Content-Length: ${body.length}\r\n\r\n${body}`)
  const received: Buffer[] = []
  socket.on('data', (bytes) => received.push(bytes))
  await once(socket, 'close')
  expect(Buffer.concat(received).toString()).toBe('')
})
