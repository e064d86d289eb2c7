import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { handlePipelined } from './pending-responses'

let server: Server
let handle: (request: IncomingMessage, response: ServerResponse) => void
let port: number

beforeEach(async () => {
  server = createServer()
  handlePipelined(server, (request, response) => handle(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

/** Send `GET /0`, `GET /1`, … on one connection at once. */
function send(count: number) {
  const client = connect(port, '127.0.0.1')
  client.on('error', () => {})
  const closed = new Promise((resolve) => client.once('close', resolve))
  let received = ''
  client.setEncoding('latin1').on('data', (text: string) => {
    received += text
  })
  const requests = Array.from({ length: count }, (_, index) => `GET /${index} HTTP/1.1\r\nHost: x\r\n\r\n`)
  client.write(requests.join(''))
  return {
    client,
    closed,
    bodies: () => [...received.matchAll(/<(.*?)>/g)].map(([, body]) => body),
    text: () => received,
  }
}

test('all pending requests of a disconnected client are closed', async () => {
  const seen: ServerResponse[] = []
  let closed = 0
  handle = (_request, response) => {
    seen.push(response)
    response.once('close', () => {
      closed += 1
    })
  }
  const { client } = send(50)
  await expect.poll(() => seen.length).toBe(32)
  client.destroy()
  await expect.poll(() => closed).toBe(32)
  expect(seen.every((response) => response.destroyed)).toBe(true)
  expect(seen.length).toBe(32)
})

test('pipelined requests are answered in order, a limited number of them at a time', async () => {
  let handled = 0
  let most = 0
  handle = ({ url }, response) => {
    handled += 1
    most = Math.max(most, handled)
    // Before the next request is handled.
    response.prependOnceListener('close', () => {
      handled -= 1
    })
    setImmediate(() => response.end(`<${url}>`))
  }
  const { bodies } = send(500)
  await expect.poll(() => bodies().length).toBe(500)
  expect(bodies()).toEqual(Array.from({ length: 500 }, (_, index) => `/${index}`))
  expect(most).toBe(32)
})

test('the request after a thousand pending ones is refused, and those before it get their responses', async () => {
  const isFull = new Promise<void>((resolve) => {
    server.on('request', ({ url }) => {
      if (url === '/1400') resolve()
    })
  })
  handle = ({ url }, response) => void isFull.then(() => response.end(`<${url}>`))
  const { closed, bodies, text } = send(1_401)
  await closed
  expect(bodies()).toEqual(Array.from({ length: 1_000 }, (_, index) => `/${index}`))
  expect(text().match(/HTTP\/1\.1 429 /g)).toHaveLength(1)
  expect(text()).toMatch(/"code":"TOO_MANY_REQUESTS".*"limit":1000/)
})

test('a flood of requests closes the connection', async () => {
  let seen = 0
  handle = () => {
    seen += 1
  }
  const { closed, text } = send(10_000)
  await closed
  expect(seen).toBe(32)
  expect(text()).toBe('')
})
