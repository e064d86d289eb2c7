import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { endPendingResponses } from './pending-responses'

const server = createServer()
const isClosed = endPendingResponses(server)
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

test('all pending requests of a disconnected client are closed, and their number per connection is limited', async () => {
  const seen: ServerResponse[] = []
  let closed = 0
  server.on('request', (request, response) => {
    if (isClosed(request)) return
    seen.push(response)
    response.once('close', () => {
      closed += 1
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const send = (count: number) => {
    const client = connect(port, '127.0.0.1')
    client.on('error', () => {})
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(count))
    return client
  }

  const patient = send(5)
  while (seen.length < 5) await once(server, 'request')
  patient.destroy()
  while (closed < 5) await new Promise((resolve) => setImmediate(resolve))
  expect(seen.every((response) => response.destroyed)).toBe(true)

  const greedy = send(1_000)
  await once(greedy, 'close')
  while (closed < seen.length) await new Promise((resolve) => setImmediate(resolve))
  expect(seen.length).toBeLessThan(5 + 40)
})
