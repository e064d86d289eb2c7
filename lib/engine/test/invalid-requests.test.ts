/** Bytes that are not requests, truncated requests and refused upgrades get a response, and the connection is closed. */
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type ParsedResponse, parseResponse } from '@/fuzz/response'
import { errorEnvelopeSchema } from '@/lib/process-api/errors'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture

beforeAll(async () => {
  toolbox = await startToolbox()
})
afterAll(() => toolbox.stop())

afterEach(async () => {
  // None of these requests may cause an internal error.
  expect((await toolbox.request('/version')).status).toBe(200)
  expect(toolbox.log).not.toMatch(/uncaught exception|unhandled rejection|failed"/)
})

/** Send bytes and read until the other side ends the connection. */
async function answerTo(...parts: string[]): Promise<ParsedResponse | null> {
  const socket = connect({ path: toolbox.socketPath, allowHalfOpen: true })
  const received: Buffer[] = []
  socket.on('data', (bytes) => received.push(bytes))
  // A server that has responded may ignore the rest.
  socket.on('error', () => {})
  for (const part of parts) socket.write(part, 'latin1')
  await once(socket, 'end')
  socket.destroy()
  return parseResponse(Buffer.concat(received), true)
}

/** Send bytes and disconnect. */
async function leaveAfter(bytes: string): Promise<void> {
  const socket = connect(toolbox.socketPath)
  await new Promise<void>((resolve) => socket.write(bytes, 'latin1', () => resolve()))
  socket.destroy()
  await once(socket, 'close')
}

function openDescriptors(): number {
  return readdirSync(`/proc/${toolbox.pid}/fd`).length
}

test.each([
  ['no request line', '\0\0\0\0\r\n\r\n', 400],
  ['an unknown HTTP version', 'GET /version HTTP/9.9\r\n\r\n', 400],
  ['two lengths', 'POST /process/execute HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}', 400],
  [
    'a length and chunks',
    'POST /init HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['a chunk without a size', 'POST /init HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n', 400],
  ['headers that are too long', `GET /version HTTP/1.1\r\nX: ${'a'.repeat(200_000)}\r\n\r\n`, 413],
])('%s gets the full envelope', async (_what, bytes, status) => {
  const answer = await answerTo(bytes)
  expect(answer?.status).toBe(status)
  const envelope = errorEnvelopeSchema.parse(JSON.parse(String(answer?.body)))
  expect(envelope).toMatchObject({ statusCode: status, source: 'DAYTONA_DAEMON' })
  expect(envelope.code).toBe(status === 413 ? 'PAYLOAD_TOO_LARGE' : 'BAD_REQUEST')
})

test.each([
  ['no Host', ''],
  ['an unknown expectation', 'Host: toolbox\r\nExpect: the unexpected\r\n'],
])('a request with %s gets a normal response', async (_what, headers) => {
  const answer = await answerTo(`GET /version HTTP/1.1\r\nConnection: close\r\n${headers}\r\n`)
  expect(answer?.status).toBe(200)
})

test('an invalid handshake gets the envelope', async () => {
  const head = 'GET /events HTTP/1.1\r\nHost: toolbox\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
  for (const key of ['', 'Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n']) {
    const answer = await answerTo(`${head}${key}\r\n`)
    expect(answer?.status).toBe(400)
    expect(errorEnvelopeSchema.parse(JSON.parse(String(answer?.body))).code).toBe('BAD_REQUEST')
  }
})

test('the connections of refused upgrades are closed', async () => {
  const before = openDescriptors()
  const refused = 'GET /nowhere HTTP/1.1\r\nHost: toolbox\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  await Promise.all(Array.from({ length: 20 }, () => leaveAfter(refused)))
  await eventually('no descriptor is left', () => openDescriptors() <= before)
})

test('an upgrade behind an unfinished response closes the connection', async () => {
  const body = '{"command":"sleep 0.2"}'
  const slow = `POST /process/execute HTTP/1.1\r\nHost: toolbox\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const upgrade = 'GET /nowhere HTTP/1.1\r\nHost: toolbox\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  const before = openDescriptors()
  const socket = connect(toolbox.socketPath)
  socket.on('error', () => {})
  socket.resume()
  socket.write(slow + upgrade)
  await once(socket, 'close')
  await eventually('no descriptor is left', () => openDescriptors() <= before)
})

test('truncated bodies cause no internal error', async () => {
  const head = 'HTTP/1.1\r\nHost: toolbox\r\nContent-Length: 5000\r\n'
  await leaveAfter(`POST /process/execute ${head}\r\n{"command":`)
  for (const name of ['file', 'unknown']) {
    const part = `--b\r\nContent-Disposition: form-data; name="${name}"; filename="x"\r\n\r\nthe beginning`
    await leaveAfter(`POST /files/upload?path=x ${head}Content-Type: multipart/form-data; boundary=b\r\n\r\n${part}`)
    const whole = `POST /files/upload?path=x HTTP/1.1\r\nHost: toolbox\r\nConnection: close\r\n`
    const type = `Content-Type: multipart/form-data; boundary=b\r\nContent-Length: ${part.length}\r\n\r\n`
    expect((await answerTo(whole, type, part))?.status).toBe(400)
  }
})

test('a message that quotes the request says how much it omits', async () => {
  const { status, text } = await toolbox.request(`/${'a'.repeat(20_000)}`)
  expect(status).toBe(404)
  const { message, path } = errorEnvelopeSchema.parse(JSON.parse(text))
  expect(message).toMatch(/a… \(\d+ more characters\)$/)
  expect(path.length).toBeLessThan(5_000)
})
