/** The proxy between real sockets: a stand-in for the toolbox records what arrives, and misbehaves deliberately. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { ApiError } from '@/lib/process-api/errors'
import { proxyRequest, proxyUpgrade } from '../control-plane/proxy/proxy'
import { Visitors } from '../control-plane/proxy/visitors'
import { ToolboxLink } from '../control-plane/sandbox/toolbox-link'
import { eventually } from './toolbox-fixture'

const id = '11111111-2222-4333-8444-555555555555'
const apiKey = 'the-key'
const token = 'the-token'
const bearer = { authorization: `Bearer ${apiKey}` }

let folder: string
let toolbox: Server
let proxy: Server
let base: string
let answer: (request: IncomingMessage, response: ServerResponse) => void
let links: ToolboxLink[]
let activity: { count: number }
let findLink: () => Promise<ToolboxLink>

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandglass-proxy-'))
  links = []
  const noted = { count: 0 }
  activity = noted
  answer = (_request, response) => response.end('ok')
  await startToolbox()
  const link = newLink()
  findLink = async () => link
  const sandbox = {
    record: {
      id,
      name: 'box',
      authToken: token,
      signingKey: null,
      public: false,
      revokedPreviews: [],
      env: {},
      unsetEnv: [],
    },
    link: () => findLink(),
    runExclusiveWithToolbox: async <T>(work: (link: ToolboxLink) => Promise<T>) => await work(await findLink()),
    update: () => {},
    pushEnvironment: async () => {},
    requireDiskRoom: () => {},
    serveFromDisk: async () => false,
    upgradeFromDisk: () => false,
    noteActivity: () => {
      noted.count += 1
    },
  }
  const options = {
    apiKey,
    sharedPages: false,
    visitors: new Visitors(),
    find: (requestedId: string) => (requestedId === id ? sandbox : undefined),
  }
  proxy = createServer((request, response) => void proxyRequest(options, request, response))
  proxy.on(
    'upgrade',
    (request, socket, head) => void proxyUpgrade(options, { preview: null, request, socket, head, enter: () => {} }),
  )
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  base = `http://127.0.0.1:${portOf(proxy)}/toolbox/${id}`
})

afterEach(async () => {
  for (const link of links) link.close()
  for (const server of [proxy, toolbox]) {
    server.closeAllConnections()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  rmSync(folder, { recursive: true, force: true })
})

const portOf = (server: Server) => (server.address() as AddressInfo).port

function newLink(): ToolboxLink {
  const link = new ToolboxLink(folder)
  links.push(link)
  return link
}

async function startToolbox(): Promise<void> {
  rmSync(path.join(folder, 'toolbox.sock'), { force: true })
  toolbox = createServer((request, response) => answer(request, response))
  toolbox.listen(path.join(folder, 'toolbox.sock'))
  await once(toolbox, 'listening')
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

describe('access', () => {
  const missing =
    'unauthorized: missing authentication: provide a preview access token (via header, query parameter, or cookie) or use an API key or JWT'
  test.each([
    ['nothing', {}, '', 401, missing],
    ['the key', bearer, '', 200, null],
    [
      'a wrong key',
      { authorization: 'Bearer no' },
      '',
      401,
      'unauthorized: authentication failed: Bearer token is invalid',
    ],
    ['the token as header', { 'x-daytona-preview-token': token }, '', 200, null],
    ['the token in the query', {}, `?DAYTONA_SANDBOX_AUTH_KEY=${token}`, 200, null],
    [
      'a wrong key with the right token',
      { authorization: 'Bearer no', 'x-daytona-preview-token': token },
      '',
      200,
      null,
    ],
    [
      'three invalid credentials',
      { authorization: 'Bearer no', 'x-daytona-preview-token': 'no' },
      '?DAYTONA_SANDBOX_AUTH_KEY=no',
      401,
      'unauthorized: authentication failed: Bearer token is invalid, Auth key header is invalid, Auth key query parameter is invalid',
    ],
  ])('%s', async (_name, headers, query, status, message) => {
    const response = await fetch(`${base}/version${query}`, { headers: headers as Record<string, string> })
    expect(response.status).toBe(status)
    if (message !== null) {
      expect(await response.json()).toMatchObject({
        statusCode: 401,
        message,
        code: 'UNAUTHORIZED',
        source: 'DAYTONA_PROXY',
        path: `/toolbox/${id}/version`,
        method: 'GET',
        timestamp: expect.stringMatching(/^\d{4}-/),
      })
    }
  })

  test('the toolbox sees neither key nor token, and everything else unchanged', async () => {
    answer = (request, response) => response.end(JSON.stringify({ url: request.url, headers: request.headers }))
    const query = `a=%2F+b&DAYTONA_SANDBOX_AUTH_KEY=${token}&a=c%20d`
    const response = await fetch(`${base}/files/x%2Fy?${query}`, { headers: { ...bearer, 'x-daytona-source': 'test' } })
    const seen = await response.json()
    expect(seen.url).toBe('/files/x%2Fy?a=%2F+b&a=c%20d')
    expect(seen.headers).toMatchObject({ host: 'toolbox', 'x-daytona-source': 'test' })
    expect(JSON.stringify(seen)).not.toMatch(/the-key|the-token/)
  })

  test.each([['/internal/shutdown'], ['/internal'], ['//internal/claim'], ['/INTERNAL/claim'], [''], ['/']])(
    '%s is not there',
    async (route) => {
      let received = false
      answer = (_request, response) => {
        received = true
        response.end()
      }
      const response = await fetch(`${base}${route}`, { method: 'POST', headers: bearer })
      expect([response.status, (await response.json()).message, received]).toEqual([404, 'not found: not found', false])
    },
  )

  test.each([
    ['/%69nternal/claim'],
    ['/proxy/%38001/'],
    ['/%65nv'],
    ['/files/%75pload'],
    ['/a%ff'],
    ['/a;b'],
    ['/a%5Cb'],
  ])('%s is not a valid path, even if it would resolve to one', async (route) => {
    let received = false
    answer = (_request, response) => {
      received = true
      response.end()
    }
    const response = await fetch(`${base}${route}`, { method: 'POST', headers: bearer })
    expect([response.status, received]).toEqual([400, false])
  })

  test.each([['a/b'], ['..%2f..'], ['x'.repeat(300)], ['%00'], ['11111111-2222-4333-8444-000000000000']])(
    'there is no sandbox %s, and the response does not reveal that to a stranger',
    async (requestedId) => {
      const url = `${new URL(base).origin}/toolbox/${requestedId}/version`
      expect((await fetch(url)).status).toBe(401)
      expect((await fetch(url, { headers: { 'x-daytona-preview-token': token } })).status).toBe(401)
      expect((await fetch(url, { headers: bearer })).status).toBe(404)
    },
  )
})

describe('bytes through the proxy', () => {
  test('a large upload of unknown length and its echo arrive exactly, without being buffered in memory', async () => {
    answer = (request, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      request.pipe(response)
    }
    const chunk = Buffer.alloc(1024 * 1024, 7)
    const request = httpRequest(`${base}/echo`, { method: 'POST', headers: bearer })
    const answered = once(request, 'response')
    let sent = 0
    const feed = () => {
      while (sent < 100) {
        sent += 1
        if (!request.write(chunk)) {
          request.once('drain', feed)
          return
        }
      }
      request.end()
    }
    feed()
    const [response] = (await answered) as [IncomingMessage]
    let received = 0
    for await (const part of response) received += (part as Buffer).length
    expect(received).toBe(100 * chunk.length)
  })

  test('the first byte of a slow response arrives before its end', async () => {
    let finish = () => {}
    answer = (_request, response) => {
      response.write('first')
      finish = () => response.end('last')
    }
    const response = await fetch(`${base}/slow`, { headers: bearer })
    const reader = response.body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('first')
    finish()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('last')
  })

  test('a response that precedes the end of the upload reaches the client', async () => {
    answer = (request, response) => {
      request.once('data', () => {
        response.writeHead(413)
        response.end('too long')
        request.resume()
      })
    }
    const response = await fetch(`${base}/upload`, {
      method: 'POST',
      headers: bearer,
      body: Buffer.alloc(8 * 1024 * 1024),
    })
    expect([response.status, await response.text()]).toEqual([413, 'too long'])
  })

  test('a client that disconnects cancels the request at the toolbox', async () => {
    const gone = new Promise((resolve) => {
      answer = (_request, response) => {
        response.write('x')
        response.once('close', resolve)
      }
    })
    const stop = new AbortController()
    await fetch(`${base}/follow`, { headers: bearer, signal: stop.signal })
    stop.abort()
    await gone
  })

  test('many requests share few connections', async () => {
    const sockets = new Set<unknown>()
    answer = (request, response) => {
      sockets.add(request.socket)
      response.end('ok')
    }
    for (let i = 0; i < 50; i += 1) await (await fetch(`${base}/version`, { headers: bearer })).text()
    expect(sockets.size).toBeLessThan(5)
  })

  test('status, repeated headers and a redirect are those of the toolbox', async () => {
    answer = (_request, response) => {
      response.writeHead(307, { location: '/files/', 'x-one': ['a', 'b'] })
      response.end()
    }
    const response = await fetch(`${base}/files`, { headers: bearer, redirect: 'manual' })
    expect(response.status).toBe(307)
    expect(response.headers.get('location')).toBe(`/toolbox/${id}/files/`)
    expect(response.headers.get('x-one')).toBe('a, b')
  })
})

describe('when the toolbox fails', () => {
  test('a cut connection is a 502 with one plain sentence', async () => {
    answer = (request) => request.socket.destroy()
    const response = await fetch(`${base}/process/execute`, { method: 'POST', headers: bearer, body: '{}' })
    expect(response.status).toBe(502)
    expect(await response.json()).toMatchObject({
      statusCode: 502,
      code: 'BAD_GATEWAY',
      source: 'DAYTONA_PROXY',
      message: expect.stringMatching(/^bad gateway: the sandbox box closed the connection/),
    })
  })

  test('a short restart is waited for, and no byte of the body is lost', async () => {
    await new Promise((resolve) => toolbox.close(resolve))
    answer = async (request, response) => response.end(`got ${(await bodyOf(request)).length}`)
    const pending = fetch(`${base}/process/execute`, { method: 'POST', headers: bearer, body: 'x'.repeat(100_000) })
    await startToolbox()
    expect(await (await pending).text()).toBe('got 100000')
  })

  test('a stale kept-alive connection is not noticed', async () => {
    await (await fetch(`${base}/version`, { headers: bearer })).text()
    toolbox.closeAllConnections()
    expect((await fetch(`${base}/version`, { headers: bearer })).status).toBe(200)
  })

  test("errors about the sandbox's state reach the client with their status", async () => {
    findLink = () => Promise.reject(new ApiError('CONFLICT', 'the sandbox box is stopped; start it first'))
    const response = await fetch(`${base}/process/execute`, { method: 'POST', headers: bearer, body: '{}' })
    expect(response.status).toBe(409)
    expect((await response.json()).message).toBe('conflict: the sandbox box is stopped; start it first')
    const socket = new WebSocket(`${base.replace('http', 'ws')}/events`, { headers: bearer })
    const [, refused] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
    expect([refused.statusCode, JSON.parse((await bodyOf(refused)).toString()).source]).toEqual([409, 'DAYTONA_PROXY'])
  })

  test('a truncated response does not look complete', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': 1000 })
      response.write('part')
      setImmediate(() => response.destroy())
    }
    const response = await fetch(`${base}/journal`, { headers: bearer })
    await expect(response.text()).rejects.toThrow()
  })
})

describe('WebSockets', () => {
  let sockets: WebSocketServer

  beforeEach(() => {
    sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered].at(-1) ?? false })
    toolbox.on('upgrade', (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (it) => sockets.emit('connection', it, request)),
    )
  })
  const open = (route: string, protocols: string[] = [], headers: Record<string, string> = bearer) =>
    new WebSocket(`${base.replace('http', 'ws')}${route}`, protocols, { headers })

  test('subprotocols, messages, pings and the close are forwarded unchanged', async () => {
    sockets.on('connection', (peer, request: IncomingMessage) => {
      peer.send(JSON.stringify(request.headers['sec-websocket-protocol'] ?? null))
      peer.on('message', (data) => peer.close(1000, data.toString()))
    })
    const token1 = 'X-Daytona-SDK-Version~0.190.0'
    const socket = open(`/follow?DAYTONA_SANDBOX_AUTH_KEY=${token}`, ['a', token1], {})
    const [first] = await once(socket, 'message')
    expect(JSON.parse(String(first))).toBe(`a,${token1}`)
    expect(socket.protocol).toBe(token1)
    socket.ping()
    await once(socket, 'pong')
    socket.send('bye')
    const [code, reason] = await once(socket, 'close')
    expect([code, String(reason)]).toEqual([1000, 'bye'])
  })

  test('without a credential there is no 101', async () => {
    const socket = open('/follow', [], {})
    const [, refused] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
    expect(refused.statusCode).toBe(401)
  })

  test('a refusal of the toolbox reaches the client', async () => {
    toolbox.removeAllListeners('upgrade')
    toolbox.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\nnope'))
    const [, refused] = (await once(open('/follow'), 'unexpected-response')) as [unknown, IncomingMessage]
    expect([refused.statusCode, (await bodyOf(refused)).toString()]).toEqual([404, 'nope'])
  })

  test('the last bytes arrive even if the toolbox closed long before a slow client reads them', async () => {
    const chunk = Buffer.alloc(64 * 1024, 1)
    const count = 200
    let closing = false
    let closed = false
    sockets.on('connection', (peer) => {
      for (let i = 0; i < count; i += 1) peer.send(chunk)
      peer.close(1000, 'end')
      closing = true
      peer.once('close', () => {
        closed = true
      })
    })
    const socket = open('/follow')
    await once(socket, 'open')
    socket.pause()
    await eventually('the toolbox closed its side', () => closing)
    let received = 0
    socket.on('message', (data: Buffer) => {
      received += data.length
    })
    socket.resume()
    const [code] = await once(socket, 'close')
    expect([code, received]).toEqual([1000, count * chunk.length])
    await eventually('the toolbox noticed', () => closed)
  })

  test('a disconnected client frees the toolbox, and vice versa', async () => {
    const peers: WebSocket[] = []
    sockets.on('connection', (peer) => peers.push(peer))
    const first = open('/follow')
    await once(first, 'open')
    const ended = once(peers[0] as WebSocket, 'close')
    first.terminate()
    await ended
    const second = open('/follow')
    await once(second, 'open')
    peers[1]?.terminate()
    const [code] = await once(second, 'close')
    expect(code).toBe(1006)
  })

  test('bytes right after the request are not lost', async () => {
    sockets.on('connection', (peer) => peer.on('message', (data) => peer.send(`echo ${data}`)))
    const raw = connect(portOf(proxy), '127.0.0.1') as Socket
    const key = 'dGhlIHNhbXBsZSBub25jZQ=='
    const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69])
    const head = `GET /toolbox/${id}/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${apiKey}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`
    raw.write(Buffer.concat([Buffer.from(head), frame]))
    let seen = ''
    raw.on('data', (data) => {
      seen += data.toString('latin1')
    })
    await eventually('the echo', () => seen.includes('echo hi'))
    raw.destroy()
  })
})

test('a request counts as activity unless it says otherwise', async () => {
  await fetch(`${base}/version`, { headers: { ...bearer, 'x-daytona-skip-last-activity-update': 'true' } })
  expect(activity.count).toBe(0)
  await fetch(`${base}/version`, { headers: bearer })
  expect(activity.count).toBeGreaterThan(0)
})
