/** Ports of a sandbox: which ones listen, and what is forwarded between them and an authorised client. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PortListener } from '@/lib/process-api/ports'
import { findProgram } from '@/lib/settings/programs'
import { type EngineFixture, startEngine } from './engine-fixture'
import {
  echoThrough,
  portForProgram,
  refusalOf,
  type Seen,
  seenHeader,
  startPortServer,
  startProgram,
  type Visit,
  visit,
  visitSocket,
} from './port-program'
import { eventually } from './toolbox-fixture'

const kinds = [
  ...(findProgram('bwrap') ? (['bubblewrap', 'bubblewrap on a shared network'] as const) : []),
  'none' as const,
]

/** A PATH on which the helper for private networks does not work. */
function pathWithoutHelper(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-path-'))
  writeFileSync(path.join(folder, 'slirp4netns'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  return `${folder}:${process.env.PATH}`
}

/** A program that responds to each request with the bytes in its path, in hexadecimal, and closes the connection. */
function rawAnswers(port: number): string {
  return `import socket
server = socket.create_server(("127.0.0.1", ${port}))
while True:
    client = server.accept()[0]
    head = b""
    while b"\\r\\n\\r\\n" not in head: head += client.recv(65536) or b"\\r\\n\\r\\n"
    path = head.split(b" ")[1] if b" " in head else b"/"
    client.sendall(bytes.fromhex(path[1:].decode()))
    client.shutdown(socket.SHUT_WR)
    client.close()`
}

function asPath(answer: string): string {
  return `/${Buffer.from(answer, 'latin1').toString('hex')}`
}

describe.each(kinds)('%s', (kind) => {
  let engine: EngineFixture
  let id: string
  let anywhere: number
  let loopback: number
  let six: number
  let shadowed: string | null = null

  beforeAll(async () => {
    if (kind === 'bubblewrap on a shared network') shadowed = pathWithoutHelper()
    engine = await startEngine({
      isolation: kind === 'none' ? 'none' : 'bubblewrap',
      ...(shadowed === null ? {} : { env: { PATH: shadowed } }),
    })
    const sandbox = await engine.createSandbox()
    id = sandbox.id
    if (kind !== 'bubblewrap') expect(sandbox.isolation?.network).toBe('shared')
    anywhere = await portForProgram()
    loopback = await portForProgram()
    six = await portForProgram()
    await startPortServer(engine, id, [
      ['0.0.0.0', anywhere],
      ['127.0.0.1', loopback],
      ['::1', six],
    ])
  })
  afterAll(async () => {
    await engine?.stop()
    if (shadowed) rmSync(shadowed.split(':')[0] ?? '', { recursive: true })
  })

  const ports = async (sandboxId = id) =>
    (await engine.toolbox(sandboxId, 'GET', '/port')).json<{ ports: number[] }>().ports
  const key = () => ({ authorization: `Bearer ${engine.apiKey}` })
  const ask = (port: number, { path = '/', headers, ...rest }: Visit = {}) =>
    visit(engine.port, { path: `/toolbox/${id}/proxy/${port}${path}`, headers: { ...key(), ...headers }, ...rest })

  describe('listening ports', () => {
    test('are those of the sandbox, over IPv4 and IPv6, in order', async () => {
      expect(await ports()).toEqual([anywhere, loopback, six].sort((a, b) => a - b))
    })

    test('are neither those of the host nor those of another sandbox', async () => {
      const ofHost = createServer()
      ofHost.listen(0, '127.0.0.1')
      await once(ofHost, 'listening')
      const other = await engine.createSandbox()
      const port = await portForProgram()
      await startPortServer(engine, other.id, [['127.0.0.1', port]])
      expect(await ports(other.id)).toEqual([port])
      expect(await ports()).not.toContain(port)
      expect(await ports()).not.toContain((ofHost.address() as AddressInfo).port)
      ofHost.close()
      await engine.api('DELETE', `/sandbox/${other.id}`)
    })

    test('disappear as soon as they are closed', async () => {
      const port = await portForProgram()
      await startProgram(engine, id, `python3 -m http.server ${port} --bind 127.0.0.1`, [port])
      await engine.toolbox(id, 'POST', '/process/execute', { command: `pkill -f 'http.server ${port}'` })
      await eventually('the port is closed', async () => !(await ports()).includes(port))
    })

    test('include those of a program that left its tree and cleared its environment, if that can be detected', async () => {
      const port = await portForProgram()
      const program = `exec env -i PATH="$PATH" python3 -m http.server ${port} --bind 127.0.0.1`
      const command = kind === 'none' ? `bash -c '${program}'` : `setsid bash -c '${program}' & sleep 999`
      await startProgram(engine, id, command, [port])
      expect((await ask(port, { path: '/' })).status).toBe(200)
    })

    test('are listed with their addresses and the process that listens', async () => {
      const port = await portForProgram()
      await engine.toolbox(id, 'POST', '/process/session', { sessionId: `web-${port}` })
      const command = `python3 -m http.server ${port} --bind 127.0.0.1`
      await engine.toolbox(id, 'POST', `/process/session/web-${port}/exec`, { command, runAsync: true })
      const listeners = async () =>
        (await engine.toolbox(id, 'GET', '/port/listeners')).json<{ listeners: PortListener[] }>().listeners
      await eventually('the port is listed', async () => (await listeners()).some((it) => it.port === port))
      const found = await listeners()
      expect(found.map((it) => it.port)).toEqual(await ports())
      expect(found.find((it) => it.port === port)).toMatchObject({
        addresses: ['127.0.0.1'],
        process: {
          argv: ['python3', '-m', 'http.server', String(port), '--bind', '127.0.0.1'],
          owner: { kind: 'command', sessionId: `web-${port}` },
        },
      })
      await engine.toolbox(id, 'DELETE', `/process/session/web-${port}`)
    })

    test('can be queried individually from 3000 to 9999', async () => {
      const inUse = async (port: number | string) => await engine.toolbox(id, 'GET', `/port/${port}/in-use`)
      expect((await inUse(loopback)).json()).toEqual({ isInUse: true })
      expect((await inUse(six)).json()).toEqual({ isInUse: true })
      expect((await inUse(await portForProgram())).json()).toEqual({ isInUse: false })
      for (const port of ['80', '2999', '10000', 'x', '-1', '3000.5']) {
        const refused = await inUse(port)
        expect(refused.status).toBe(400)
        expect(refused.json()).toMatchObject({
          statusCode: 400,
          message: 'bad request: port must be a number from 3000 to 9999',
          code: 'BAD_REQUEST',
          path: `/port/${port}/in-use`,
        })
      }
    })
  })

  describe('through the toolbox', () => {
    test('a program receives the request unchanged, with the address of the client but without its key', async () => {
      const answer = await ask(anywhere, {
        path: '/seen?a=%2F+b&DAYTONA_SANDBOX_AUTH_KEY=x&a=c%20d',
        method: 'PATCH',
        headers: { 'x-one': '1', cookie: 'console=secret' },
        body: '{}',
      })
      const seen = answer.json<Seen>()
      expect(seen).toMatchObject({ method: 'PATCH', url: '/seen?a=%2F+b&a=c%20d' })
      expect(seenHeader(seen, 'x-one')).toBe('1')
      expect(seenHeader(seen, 'host')).toBe(`127.0.0.1:${engine.port}`)
      expect(seenHeader(seen, 'x-forwarded-for')).toBe('127.0.0.1')
      expect(JSON.stringify(seen)).not.toContain(engine.apiKey)
      expect(JSON.stringify(seen)).not.toContain('console=secret')
    })

    test.each([['HEAD'], ['OPTIONS'], ['DELETE'], ['PUT'], ['PROPFIND']])('%s is forwarded', async (method) => {
      const answer = await visit(engine.port, {
        path: `/toolbox/${id}/proxy/${anywhere}/seen`,
        method,
        headers: key(),
      })
      // The proxy responds to every OPTIONS request itself, as in the reference.
      expect(answer.status).toBe(method === 'OPTIONS' ? 204 : 200)
      if (method === 'PROPFIND') expect(answer.json<Seen>().method).toBe(method)
    })

    test('IPv4, IPv6, all addresses and the loopback are reachable', async () => {
      for (const port of [anywhere, loopback, six]) expect((await ask(port, { path: '/seen' })).status).toBe(200)
    })

    test('10 MB are sent and returned unchanged, with and without a length', async () => {
      const body = Buffer.alloc(10 * 1024 * 1024, 'abc')
      const expected = { bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') }
      const known = await ask(loopback, { path: '/sum', method: 'POST', body })
      expect(known.json()).toEqual(expected)
      const streamed = await ask(loopback, {
        path: '/sum',
        method: 'POST',
        headers: { 'transfer-encoding': 'chunked' },
        body,
      })
      expect(streamed.json()).toEqual(expected)
    })

    test('the first byte of a slow response arrives before its end', async () => {
      const response = await fetch(`${engine.toolboxUrl}/${id}/proxy/${loopback}/slow`, { headers: key() })
      const reader = response.body?.getReader()
      expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('first')
      await ask(loopback, { path: '/go' })
      expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('last')
    })

    test('a client that does not read slows the program down instead of filling the memory', async () => {
      const flooded = async () => (await ask(loopback, { path: '/flooded' })).json<number>()
      const raw = connect(engine.port, '127.0.0.1')
      raw.pause()
      raw.write(
        `GET /toolbox/${id}/proxy/${loopback}/flood HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${engine.apiKey}\r\n\r\n`,
      )
      let before = -1
      let same = 0
      const held = await eventually('the program waits', async () => {
        const now = await flooded()
        same = now === before && now > 0 ? same + 1 : 0
        before = now
        return same > 30 ? now : null
      })
      expect(held).toBeLessThan(64 * 1024 * 1024)
      raw.resume()
      await eventually('the program continues', async () => (await flooded()) > held)
      raw.destroy()
      await eventually('the program notices the disconnect', async () => (await flooded()) === 0)
    })

    test('a truncated response does not look complete', async () => {
      const response = await fetch(`${engine.toolboxUrl}/${id}/proxy/${loopback}/cut`, { headers: key() })
      await expect(response.text()).rejects.toThrow()
    })

    test('a redirect stays below the path, and a URL without a slash after its port gets one', async () => {
      const below = `/toolbox/${id}/proxy/${loopback}`
      for (const [to, location] of [
        ['/login?a=b', `${below}/login?a=b`],
        [`http://localhost:${loopback}/x`, `${below}/x`],
        ['https://example.org/', 'https://example.org/'],
      ] as const) {
        const answer = await ask(loopback, { path: `/redirect?to=${encodeURIComponent(to)}` })
        expect([answer.status, answer.headers.location]).toEqual([302, location])
      }
      const bare = await ask(loopback, { path: '?a=b' })
      expect([bare.status, bare.headers.location]).toEqual([301, `${loopback}/?a=b`])
      expect(new URL(bare.headers.location ?? '', `http://x${below}`).pathname).toBe(`${below}/`)
    })

    test('a program cannot set cookies for a host that it shares', async () => {
      expect((await ask(loopback, { path: '/cookies' })).headers['set-cookie']).toBeUndefined()
    })

    test('a WebSocket transfers text and bytes both ways, and its subprotocol', async () => {
      const path = `/toolbox/${id}/proxy/${six}/line?a=b`
      const socket = visitSocket(engine.port, { path, headers: key() }, ['chat'])
      const seen = await echoThrough(socket)
      expect(seen.url).toBe('/line?a=b')
      expect(socket.protocol).toBe('chat')
      expect(JSON.stringify(seen)).not.toContain(engine.apiKey)
    })

    test('a program that rejects a WebSocket responds itself', async () => {
      const socket = visitSocket(engine.port, { path: `/toolbox/${id}/proxy/${six}/refuse`, headers: key() })
      expect(await refusalOf(socket)).toEqual({ status: 403, text: 'no sockets' })
    })

    test('a port without a listener is a 502 that lists the listening ports', async () => {
      const port = await portForProgram()
      const answer = await ask(port)
      expect(answer.status).toBe(502)
      expect(answer.json()).toMatchObject({ statusCode: 502, code: 'BAD_GATEWAY', source: 'DAYTONA_DAEMON' })
      const { message, ports: listed } = answer.json<{ message: string; ports: number[] }>()
      expect(message).toMatch(`bad gateway: nothing listens on port ${port}; these ports do: `)
      expect(listed).toEqual(expect.arrayContaining([anywhere, loopback, six]))
      const socket = visitSocket(engine.port, { path: `/toolbox/${id}/proxy/${port}/`, headers: key() })
      expect(await refusalOf(socket)).toMatchObject({ status: 502, text: expect.stringContaining(String(anywhere)) })
    })

    test.each(['0', '65536', 'x', '3000x', '%2e%2e', '127.0.0.1:80', 'localhost'])('%s is not a port', async (port) => {
      const answer = await visit(engine.port, { path: `/toolbox/${id}/proxy/${port}/`, headers: key() })
      expect([answer.status, answer.json<{ code: string }>().code]).toEqual([400, 'BAD_REQUEST'])
    })

    test('a program of the host is unreachable, whatever network the sandbox has', async () => {
      const ofHost = createHttpServer((_request, response) => response.end('secret of the host'))
      ofHost.listen(0, '127.0.0.1')
      await once(ofHost, 'listening')
      const { port } = ofHost.address() as AddressInfo
      const answer = await ask(port)
      expect([answer.status, answer.text.includes('secret')]).toEqual([502, false])
      expect((await ask(engine.port, { path: '/health' })).status).toBe(502)
      ofHost.close()
    })

    test('a program that does not speak HTTP is distinguished from a program that is not there', async () => {
      const port = await portForProgram()
      const program = `import socket; s = socket.create_server(("127.0.0.1", ${port}))
while True: s.accept()[0].sendall(b"220 mail\\r\\n")`
      await startProgram(engine, id, `exec python3 -c '${program}'`, [port])
      const answer = await ask(port)
      expect([answer.status, answer.json<{ message: string }>().message]).toEqual([
        502,
        'bad gateway: the program on this port did not respond with valid HTTP',
      ])
    })

    test('an answer that cannot be passed on becomes a 502, to requests and to upgrades', async () => {
      const port = await portForProgram()
      await startProgram(engine, id, `exec python3 -c '${rawAnswers(port)}'`, [port])
      const heads = {
        unasked: 'HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
        low: 'HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n',
        none: '',
        half: 'HTTP/1.1 200 OK\r\nContent-',
      }
      for (const [name, head] of Object.entries(heads)) {
        const answer = await ask(port, { path: asPath(head) })
        expect([answer.status, answer.json<{ code: string }>().code], name).toEqual([502, 'BAD_GATEWAY'])
        if (name === 'unasked') continue
        const socket = visitSocket(engine.port, { path: `/toolbox/${id}/proxy/${port}${asPath(head)}`, headers: key() })
        expect((await refusalOf(socket)).status, name).toBe(502)
      }
    })

    test('a reason phrase is never forwarded', async () => {
      const port = await portForProgram()
      await startProgram(engine, id, `exec python3 -c '${rawAnswers(port)}'`, [port])
      const path = asPath('HTTP/1.1 403 N\x01o\r\nContent-Length: 2\r\n\r\nok')
      expect(await ask(port, { path })).toMatchObject({ status: 403, text: 'ok' })
      const socket = visitSocket(engine.port, { path: `/toolbox/${id}/proxy/${port}${path}`, headers: key() })
      expect(await refusalOf(socket)).toEqual({ status: 403, text: 'ok' })
    })

    test('the response to an upgrade is filtered like every other response', async () => {
      const port = await portForProgram()
      await startProgram(engine, id, `exec python3 -c '${rawAnswers(port)}'`, [port])
      const extra = 'Set-Cookie: a=b; Domain=localhost\r\nX-Hop: 1\r\nX-Kept: 1'
      for (const [status, head] of [
        [403, `HTTP/1.1 403 No\r\nContent-Length: 0\r\nConnection: X-Hop\r\n${extra}\r\n\r\n`],
        [101, `HTTP/1.1 101 Yes\r\nConnection: Upgrade, X-Hop\r\nUpgrade: x\r\n${extra}\r\n\r\n`],
      ] as const) {
        const raw = connect(engine.port, '127.0.0.1')
        const lines = [
          `GET /toolbox/${id}/proxy/${port}${asPath(head)} HTTP/1.1`,
          'Host: localhost',
          `Authorization: Bearer ${engine.apiKey}`,
          'Connection: Upgrade',
          'Upgrade: x',
        ]
        raw.write(`${lines.join('\r\n')}\r\n\r\n`)
        let seen = ''
        raw.on('data', (data) => {
          seen += data.toString('latin1')
        })
        await eventually('the response has arrived', () => seen.includes('\r\n\r\n'))
        expect(seen).toContain(`HTTP/1.1 ${status} `)
        expect(seen).toContain('X-Kept: 1')
        expect(seen).toContain('Content-Security-Policy: sandbox')
        expect(seen).not.toMatch(/set-cookie|x-hop: 1/i)
        if (status === 101) expect(seen).toMatch(/\r\nUpgrade: x\r\n/)
        raw.destroy()
      }
    })

    test('no second request can be smuggled in the body of another one', async () => {
      const hidden = 'POST /internal/shutdown HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n'
      const head = [
        `GET /toolbox/${id}/proxy/${loopback}/sum HTTP/1.1`,
        'Host: localhost',
        `Authorization: Bearer ${engine.apiKey}`,
        'Connection: close, content-length',
        `Content-Length: ${hidden.length}`,
      ]
      const raw = connect(engine.port, '127.0.0.1')
      raw.write(`${head.join('\r\n')}\r\n\r\n${hidden}`)
      let seen = ''
      raw.on('data', (data) => {
        seen += data.toString('latin1')
      })
      await once(raw, 'close')
      expect(seen).toContain(`"bytes":${hidden.length}`)
      expect((await engine.toolbox(id, 'GET', '/version')).status).toBe(200)
      expect(await ports()).toContain(loopback)
    })
  })

  test.runIf(kind !== 'none')('a sandbox without a network is reachable too', async () => {
    const cut = await engine.createSandbox({ networkBlockAll: true })
    const port = await portForProgram()
    await startPortServer(engine, cut.id, [['127.0.0.1', port]])
    const host = `${port}-${cut.id}.localhost:${engine.port}`
    expect((await visit(engine.port, { host, path: '/seen', headers: key() })).status).toBe(200)
    expect((await echoThrough(visitSocket(engine.port, { host, path: '/line', headers: key() }))).url).toBe('/line')
    await engine.api('DELETE', `/sandbox/${cut.id}`)
  })

  test('the toolbox accepts the initialisation that precedes a start', async () => {
    const ready = await engine.toolbox(id, 'POST', '/init', { token: 'x' })
    expect([ready.status, ready.json<{ message: string }>().message]).toEqual([200, expect.any(String)])
    for (const body of [{}, { token: '' }, { token: 1 }]) {
      const refused = await engine.toolbox(id, 'POST', '/init', body)
      expect([refused.status, refused.json<{ code: string }>().code]).toEqual([400, 'INVALID_REQUEST_BODY'])
    }
  })
})
