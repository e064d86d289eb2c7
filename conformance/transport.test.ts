/** Checklist 1 to 12: transport and authentication. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { afterAll, expect, it } from 'vitest'
import { api, createSandbox, type Request, send } from './client'
import { expectError } from './expectations'

const sandbox = await createSandbox()
afterAll(() => sandbox.remove())

const versionUrl = `${sandbox.url}/version`
const exitControl = 'X-Daytona-Pty-Exit-Control'

/** An upgrade as SDKs in a browser make it: no header at all. */
async function browserUpgrade(route: string, protocol: string): Promise<string> {
  const separator = route.includes('?') ? '&' : '?'
  const token = encodeURIComponent(await sandbox.previewToken())
  const socket = sandbox.webSocket(`${route}${separator}DAYTONA_SANDBOX_AUTH_KEY=${token}`, {
    protocols: [protocol],
    headers: {},
  })
  await once(socket, 'open')
  socket.close()
  return socket.protocol
}

it('1 without credentials the toolbox answers 401', async () => {
  const answer = await send(versionUrl, { anonymous: true })
  expectError(answer, 401, 'unauthorized')
})

it('2 the key opens the toolbox', async () => {
  const answer = await send(versionUrl)
  expect([answer.status, answer.json()]).toEqual([200, { version: expect.any(String) }])
})

it('3 the preview token opens it in a header', async () => {
  const headers = { 'x-daytona-preview-token': await sandbox.previewToken() }
  expect((await send(versionUrl, { anonymous: true, headers })).status).toBe(200)
})

it('4 the preview token opens it in the query, a wrong one does not', async () => {
  const token = encodeURIComponent(await sandbox.previewToken())
  expect((await send(`${versionUrl}?DAYTONA_SANDBOX_AUTH_KEY=${token}`, { anonymous: true })).status).toBe(200)
  expectError(await send(`${versionUrl}?DAYTONA_SANDBOX_AUTH_KEY=no${token}`, { anonymous: true }), 401, 'unauthorized')
})

it('5 a WebSocket with the token in its query and the version in its subprotocol gets that subprotocol', async () => {
  const { cmdId } = await commandOfASession()
  const token = 'X-Daytona-SDK-Version~0.190.0'
  for (const route of [
    '/process/interpreter/execute',
    `/process/session/transport/command/${cmdId}/logs?follow=true`,
    '/process/pty/create-connect?id=browser&cols=80&rows=24',
  ]) {
    expect(await browserUpgrade(route, token)).toBe(token)
  }
})

it('6 a WebSocket that offers no subprotocol gets none', async () => {
  const socket = sandbox.webSocket('/process/interpreter/execute')
  const [[response]] = (await Promise.all([once(socket, 'upgrade'), once(socket, 'open')])) as [
    [IncomingMessage],
    unknown,
  ]
  expect(response.statusCode).toBe(101)
  expect(response.headers).not.toHaveProperty('sec-websocket-protocol')
  socket.close()
})

it('7 a WebSocket that offers exit control alone gets one that it offered', async () => {
  await sandbox.post('/process/pty', { id: 'offered' })
  const socket = sandbox.webSocket('/process/pty/offered/connect', { protocols: [exitControl] })
  await once(socket, 'open')
  expect(socket.protocol).toBe(exitControl)
  socket.close()
})

it('8 any origin may ask for any header that SDKs send', async () => {
  const origin = 'https://app.example'
  const asked = ['authorization', 'content-type', 'x-daytona-sdk-version', 'x-daytona-source']
  const answer = await send(`${sandbox.url}/process/execute`, {
    method: 'OPTIONS',
    anonymous: true,
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': asked.join(',') },
  })
  expect([200, 204]).toContain(answer.status)
  expect(['*', origin]).toContain(answer.headers.get('access-control-allow-origin'))
  const list = (name: string) => (answer.headers.get(name) ?? '').toLowerCase().split(/\s*,\s*/)
  expect(list('access-control-allow-headers')).toEqual(expect.arrayContaining(asked))
  expect(list('access-control-allow-methods')).toContain('post')
})

it('9 an unknown route is a 404', async () => {
  expect((await sandbox.request('/no/such/route')).status).toBe(404)
  expect((await sandbox.post('/process/no-such-route', {})).status).toBe(404)
})

it('10 every error has statusCode, message, timestamp and path', async () => {
  const errors: [status: number, route: string, request?: Request][] = [
    [400, '/process/execute', { body: {} }],
    [400, '/process/code-run', { body: {} }],
    [400, '/process/session', { body: {} }],
    [404, '/process/session/none'],
    [404, '/process/session/none', { method: 'DELETE' }],
    [404, '/process/session/none/exec', { body: { command: 'true' } }],
    [404, '/process/session/none/command/none'],
    [404, '/process/session/none/command/none/logs'],
    [404, '/process/session/none/command/none/input', { body: { data: 'x' } }],
    [400, '/process/pty', { body: {} }],
    [404, '/process/pty/none'],
    [404, '/process/pty/none', { method: 'DELETE' }],
    [410, '/process/pty/none/resize', { body: { cols: 80, rows: 24 } }],
    [400, '/process/interpreter/context', { body: { language: 'ruby' } }],
    [404, '/process/interpreter/context/none', { method: 'DELETE' }],
    [404, '/files/info?path=/none'],
    [404, '/files?path=/none'],
    [404, '/files/download?path=/none'],
    [400, '/files/download?path=/tmp'],
    [400, '/files/bulk-download', { body: { paths: [] } }],
    [404, '/files/move?source=/none&destination=/tmp/none', { method: 'POST' }],
    [400, '/files/folder?path=/tmp/x&mode=9', { method: 'POST' }],
    [404, '/files?path=/none', { method: 'DELETE' }],
    [400, '/files/replace', { body: {} }],
  ]
  for (const [status, route, request] of errors)
    expectError(await sandbox.request(route, request), status, undefined, route.endsWith('/exec') ? 500 : status)
  expectError(await api('GET', '/sandbox/none'), 404)
  expectError(await api('POST', '/sandbox', { labels: 3 }), 400)
  expectError(await api('GET', '/sandbox', undefined, { authorization: 'Bearer no' }), 401)
})

it('11 unknown fields are ignored, and a body that is not an object is a 400', async () => {
  expect(await sandbox.execute('echo hi', { notKnown: { deep: [1] } })).toMatchObject({ result: 'hi\n' })
  for (const route of ['/process/execute', '/process/code-run', '/process/session', '/process/pty']) {
    for (const body of ['[]', '{']) expect((await sandbox.post(route, body)).status).toBe(400)
  }
})

it('12 home and working directory are absolute', async () => {
  for (const route of ['/user-home-dir', '/work-dir', '/project-dir']) {
    const answer = await sandbox.request(route)
    expect([answer.status, answer.json()]).toMatchObject([200, { dir: expect.stringMatching(/^\//) }])
  }
})

async function commandOfASession(): Promise<{ cmdId: string }> {
  expect((await sandbox.post('/process/session', { sessionId: 'transport' })).status).toBe(201)
  return (await sandbox.post('/process/session/transport/exec', { command: 'true' })).json()
}
