import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { capabilitiesSchema } from '@/lib/process-api/extensions'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture

beforeAll(async () => {
  toolbox = await startToolbox()
})
afterAll(async () => {
  await toolbox.stop()
})

/** The selected subprotocol, or the error that refused the connection. */
function connect(socket: WebSocket): Promise<string> {
  return new Promise((resolve) => {
    socket.on('open', () => {
      resolve(socket.protocol)
      socket.close()
    })
    socket.on('error', (error) => resolve(error.message))
  })
}

/** The raw response to an upgrade request. */
function upgrade(path: string, headers: Record<string, string | string[]>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      socketPath: toolbox.socketPath,
      path,
      headers: { connection: 'Upgrade', upgrade: 'websocket', ...headers },
    })
    request.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve(response)
    })
    request.on('response', resolve)
    request.on('error', reject)
    request.end()
  })
}

const handshake = { 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }

test('version and folders', async () => {
  expect((await toolbox.request('/version')).json()).toEqual({ version: '0.190.0' })
  for (const path of ['/user-home-dir', '/project-dir', '/work-dir']) {
    expect((await toolbox.request(path)).json()).toEqual({ dir: toolbox.homeDir })
  }
})

test('a trailing slash and a query make no difference', async () => {
  expect((await toolbox.request('/version/')).status).toBe(200)
  expect((await toolbox.request('/version?x=%zz')).status).toBe(200)
})

test('capabilities list what the engine supports beyond the protocol', async () => {
  const answer = capabilitiesSchema.parse((await toolbox.request('/capabilities')).json())
  expect(answer).toMatchObject({
    isolation: { kind: 'none' },
    extensions: { journal: 1, events: 1, runs: 1, signals: 1, input: 1 },
  })
})

test.each([
  ['GET', '/nope'],
  ['GET', '/'],
  ['PUT', '/version'],
  ['GET', '/%zz'],
  ['GET', '/process/run/x/y/z'],
])('%s %s does not exist: the full envelope with 404', async (method, path) => {
  const answer = await toolbox.request(path, { method })
  expect(answer.status).toBe(404)
  expect(answer.json()).toMatchObject({
    statusCode: 404,
    code: 'NOT_FOUND',
    source: 'DAYTONA_DAEMON',
    message: expect.stringMatching(/^not found: /),
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    path,
    method,
  })
})

test('a WebSocket without subprotocols gets none, otherwise one of those offered', async () => {
  expect(await connect(toolbox.webSocket('/events'))).toBe('')
  const version = 'X-Daytona-SDK-Version~0.190.0'
  const control = 'X-Daytona-Pty-Exit-Control'
  expect(await connect(toolbox.webSocket('/events', { protocols: [version] }))).toBe(version)
  expect(await connect(toolbox.webSocket('/events', { protocols: [control] }))).toBe(control)
  expect(await connect(toolbox.webSocket('/events', { protocols: [control, version] }))).toBe(version)
  expect(await connect(toolbox.webSocket('/events', { protocols: ['X-Daytona-Pty-Envs~e30', control] }))).toBe(control)
})

test('subprotocols in several header lines count as one offer', async () => {
  const lines = ['X-Daytona-Pty-Envs~e30', 'X-Daytona-Pty-Exit-Control , X-Daytona-SDK-Version~1.0.0']
  const response = await upgrade('/events', { ...handshake, 'sec-websocket-protocol': lines })
  expect(response.statusCode).toBe(101)
  expect(response.headers['sec-websocket-protocol']).toBe('X-Daytona-SDK-Version~1.0.0')
})

test('an invalid upgrade gets an ordinary response', async () => {
  expect((await upgrade('/version', handshake)).statusCode).toBe(400)
  expect((await upgrade('/nope', handshake)).statusCode).toBe(404)
  expect((await upgrade('/events', { ...handshake, upgrade: 'h2c' })).statusCode).toBe(400)
  expect((await upgrade('/events', {})).statusCode).toBe(400)
  expect((await upgrade('/events', { ...handshake, 'sec-websocket-version': '7' })).statusCode).toBe(400)
})

test('a claimed toolbox belongs to the new sandbox', async () => {
  const events: string[] = []
  const socket = toolbox.webSocket('/events')
  socket.on('message', (data) => events.push(String(data)))
  await new Promise((resolve) => socket.once('open', resolve))
  const answer = await toolbox.post('/internal/claim', { sandboxId: 'claimed', env: { CLAIMED: 'yes' } })
  expect(answer.status).toBe(204)
  expect((await toolbox.post('/process/execute', { command: 'echo $CLAIMED $SANDGLASS_SANDBOX' })).json()).toEqual({
    exitCode: 0,
    result: 'yes claimed\n',
  })
  await eventually('events name it', () => events.some((text) => JSON.parse(text).sandboxId === 'claimed'))
  socket.close()
  expect((await toolbox.post('/internal/claim', { env: { A: 1 } })).status).toBe(400)
})
