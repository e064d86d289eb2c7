/** The middleware on a real socket with a stand-in for Next: which requests reach Next, and which do not. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { TrustedProxies } from '@/lib/edge/trusted-proxies'
import { openAuthenticator } from './authenticator'
import { RequestGuard } from './guard'
import { handleRequest } from './middleware'
import { consoleOrigins } from './origin-policy'

let server: Server
let folder: string
let port: number
let cookie: string
/** Requests that reached Next, as Next sees them. */
let passed: IncomingMessage[]
/** Number of requests that arrived in this test. */
let requests: number

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'middleware-'))
  server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  const auth = openAuthenticator(folder)
  const settings = { host: '127.0.0.1', port, dev: false, allowedHosts: ['https://sandglass.example'] }
  const redeemed = auth.redeem(auth.issueLinkToken())
  if (!('cookie' in redeemed)) throw new Error('the link did not sign in')
  cookie = `sandglass-${port}=${redeemed.cookie}`
  const options = {
    guard: new RequestGuard(settings, consoleOrigins(settings), auth),
    proxies: new TrustedProxies(undefined),
    dev: false,
    next: async (request: IncomingMessage, response: { end(text: string): void }) => {
      passed.push(request)
      response.end('page')
    },
    beforeNext: async () => false,
    health: () => ({ status: 200, body: {} }),
    onLinkRedeemed: () => undefined,
    onSignIn: () => undefined,
    onSignOut: () => undefined,
  }
  server.on('request', (request, response) => {
    requests += 1
    void handleRequest(options, request, response)
  })
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  passed = []
  requests = 0
})

/** Sends these bytes as the request target unchanged, and returns the status. */
async function send(target: string, headers: Record<string, string> = {}, method = 'GET'): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  const lines = Object.entries({ host: `127.0.0.1:${port}`, ...headers }).map(([name, value]) => `${name}: ${value}`)
  socket.write(`${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\nconnection: close\r\n\r\n`, 'latin1')
  let response = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    response += text
  })
  await once(socket, 'close')
  return Number(response.split(' ')[1])
}

it.each([
  '//',
  '//x/%2e%2e',
  '//evil.example/healthz',
  '/x/..//y',
  '/%',
  '/%ff',
  '/a\\b',
  '/a#b',
  '*',
  'x',
  'http://x/',
])('responds to the target %s with 400 and logs nothing', async (target) => {
  const logged = vi.spyOn(console, 'error')
  expect(await send(target)).toBe(400)
  expect(await send(target, { cookie })).toBe(400)
  expect(passed).toEqual([])
  expect(logged).not.toHaveBeenCalled()
  logged.mockRestore()
})

it('passes no random target that can be parsed in two ways, and fails on none', async () => {
  const logged = vi.spyOn(console, 'error')
  const part = fc.constantFrom(
    '/',
    '//',
    '.',
    '..',
    '%2e',
    '%2f',
    '%5c',
    '\\',
    '%',
    '%ff',
    '%00',
    '?',
    '#',
    '@',
    ':',
    'a',
  )
  const target = fc.array(part, { maxLength: 10 }).map((parts) => `/${parts.join('')}`)
  await fc.assert(
    fc.asyncProperty(target, async (text) => {
      passed = []
      expect([200, 400]).toContain(await send(text, { cookie }))
      for (const { url = '' } of passed) expect(new URL(url, 'http://console').host).toBe('console')
    }),
    { numRuns: 300 },
  )
  expect(logged).not.toHaveBeenCalled()
  logged.mockRestore()
})

it('forwards the host of its own origin and ignores the forwarding headers of the client', async () => {
  const claims = {
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-for': '6.6.6.6',
    forwarded: 'host=evil.example',
  }
  const own = `http://127.0.0.1:${port}`
  const post = { cookie, 'content-length': '0' }
  expect(await send('/', { ...post, ...claims, origin: own }, 'POST')).toBe(200)
  expect(
    await send('/', { ...post, ...claims, host: 'sandglass.example', origin: 'https://sandglass.example' }, 'POST'),
  ).toBe(200)
  // A reverse proxy that sets Host to the console's own address.
  expect(await send('/', { ...post, ...claims, origin: 'https://sandglass.example' }, 'POST')).toBe(200)
  const seen = passed.map(({ headers }) => [
    headers['x-forwarded-host'],
    headers['x-forwarded-proto'],
    headers['x-forwarded-for'],
    headers.forwarded,
  ])
  expect(seen).toEqual([
    [`127.0.0.1:${port}`, 'http', undefined, undefined],
    ['sandglass.example', 'https', undefined, undefined],
    ['sandglass.example', 'https', undefined, undefined],
  ])
  passed = []
  for (const origin of ['https://evil.example', `http://127.0.0.1:${port + 1}`, 'http://sandglass.example', 'null']) {
    expect(await send('/', { ...post, ...claims, origin, 'x-forwarded-host': `127.0.0.1:${port}` }, 'POST')).toBe(403)
  }
  expect(passed).toEqual([])
})

it('closes a connection whose request never ends, although uploads may take hours', { timeout: 20_000 }, async () => {
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET /sign-in HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-length: 10\r\n\r\n`)
  const [first] = await once(socket, 'data')
  expect(String(first)).toContain('HTTP/1.1 200')
  await once(socket, 'close')
})

it('refuses a request although its body never ends, and closes its connection', { timeout: 20_000 }, async () => {
  const response = await refusedWithoutBody()
  expect(response).toContain('HTTP/1.1 403')
  expect(response).toContain('connection: close')
  expect(passed).toEqual([])
})

it('waits for the bodies of 100 refused requests at most', { timeout: 20_000 }, async () => {
  const waiting = Array.from({ length: 100 }, () => refusedWithoutBody())
  const isWaiting = waiting.map(() => true)
  for (const [index, response] of waiting.entries()) void response.then(() => isWaiting.fill(false, index, index + 1))
  await vi.waitFor(() => expect(requests).toBeGreaterThanOrEqual(100))
  const response = await refusedWithoutBody()
  expect(response).toContain('HTTP/1.1 403')
  expect(isWaiting).not.toContain(false)
  const all = await Promise.all(waiting)
  expect(all.filter((text) => text.includes('HTTP/1.1 403'))).toHaveLength(100)
})

/** Sends the beginning of a request that is refused. Resolves with the response when the server closes the connection. */
async function refusedWithoutBody(): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let response = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    response += text
  })
  socket.write(`POST / HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-length: 10\r\n\r\nhalf`)
  await once(socket, 'close')
  return response
}
