/** Links to ports at an address of the loopback: what the SDK returns is opened as it is, by Node, Python and curl. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import { Daytona, type Sandbox } from '@daytona/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type EngineFixture, startEngine } from './engine-fixture'
import {
  echoThrough,
  portForProgram,
  refusalOf,
  type Seen,
  seenHeader,
  startPortServer,
  visit,
  visitSocket,
} from './port-program'
import { eventually } from './toolbox-fixture'

const run = promisify(execFile)
const navigation = { accept: 'text/html,*/*;q=0.8', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

let engine: EngineFixture
let sandbox: Sandbox
let port: number

beforeAll(async () => {
  engine = await startEngine()
  sandbox = await create()
  port = await portForProgram()
  await startPortServer(engine, sandbox.id, [['127.0.0.1', port]])
})
afterAll(() => engine.stop())

const create = () => new Daytona({ apiUrl: engine.apiUrl, apiKey: engine.apiKey, target: 'local' }).create()
const addressOf = (url: string) => new URL(url).hostname
const ask = (url: string, headers: Record<string, string> = {}, method = 'GET') => {
  const { host, pathname, search } = new URL(url)
  return visit(engine.port, { host, path: `${pathname}${search}`, headers, method })
}
const cookieOf = (headers: { 'set-cookie'?: string[] }) => headers['set-cookie']?.[0]?.split(';')[0] ?? ''

test('a link has an address of its own, the same one each time, for each port and sandbox', async () => {
  const links = await Promise.all([port, port, port + 1].map((of) => sandbox.getPreviewLink(of)))
  for (const { url } of links) expect(url).toMatch(new RegExp(`^http://127\\.\\d+\\.\\d+\\.\\d+:${engine.port}$`))
  expect(links[0]?.url).toBe(links[1]?.url)
  expect((await sandbox.getPreviewLink(port)).url).toBe(links[0]?.url)
  const other = await create()
  const { url } = await other.getPreviewLink(port)
  expect(new Set([url, ...links.map((link) => link.url)]).size).toBe(3)
  const [fork] = [(await engine.api('POST', `/sandbox/${other.id}/fork`, {})).json<{ id: string }>()]
  const ofFork = await engine.api('GET', `/sandbox/${fork?.id}/ports/${port}/preview-url`)
  expect(ofFork.json<{ url: string }>().url).not.toBe(url)
  await other.delete()
  await expect(once(connect(engine.port, addressOf(url)), 'connect')).rejects.toThrow(/ECONNREFUSED/)
})

test('links that are requested at the same time are all stored, and count for the limit', async () => {
  const { id } = await create()
  const links = (ports: readonly number[]) =>
    new Promise<string[]>((resolve, reject) => {
      // In one packet, so that no response is complete before the next request is read.
      const socket = connect(engine.port, '127.0.0.1').setEncoding('utf8')
      let text = ''
      const found = () => [...text.matchAll(/"url":"([^"]+)"/g)].map(([, url]) => url ?? '')
      socket.once('error', reject).on('data', (chunk) => {
        text += chunk
        if (found().length === ports.length) resolve(found())
      })
      socket.once('close', () => reject(new Error(`closed after ${text}`)))
      const head = `Host: 127.0.0.1:${engine.port}\r\nAuthorization: Bearer ${engine.apiKey}\r\n\r\n`
      socket.write(ports.map((of) => `GET /api/sandbox/${id}/ports/${of}/preview-url HTTP/1.1\r\n${head}`).join(''))
    })
  const first = await links([4000, 4001, 4002])
  expect(await links([4000, 4001, 4002])).toEqual(first)
  for (let of = 4003; of < 4063; of += 1) await links([of])
  const last = await links([4063, 4064, 4065])
  expect(last.filter((url) => url.startsWith('http://127.')).length).toBe(1)
})

test('Node, Python and curl open a link as it is', async () => {
  const { url, token } = await sandbox.getPreviewLink(port)
  const signed = await sandbox.getSignedPreviewUrl(port, 300)
  expect(signed.url).toBe(`${url}/~${signed.token}`)
  const header = { 'x-daytona-preview-token': token }
  expect((await fetch(`${url}/seen`)).status).toBe(401)
  const seen = (await (await fetch(`${url}/seen?a=1`, { headers: header })).json()) as Seen
  expect([seen.url, seenHeader(seen, 'host')]).toEqual(['/seen?a=1', new URL(url).host])
  for (const link of [
    signed.url,
    `${signed.url}/`,
    `${signed.url}/seen`,
    `${signed.url}/seen?b=2`,
    `${signed.url}?c`,
  ]) {
    const response = await fetch(link)
    expect([link, response.status]).toEqual([link, link.includes('/seen') ? 200 : 404])
  }
  const python = 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())'
  const env = { ...process.env, http_proxy: '', HTTP_PROXY: '', all_proxy: '', ALL_PROXY: '' }
  for (const [program, ...args] of [
    ['python3', '-c', python, `${signed.url}/seen?d=3`],
    ['curl', '-sS', '--noproxy', '*', `${signed.url}/seen?d=3`],
  ]) {
    const { stdout } = await run(program ?? '', args, { env })
    expect((JSON.parse(stdout) as Seen).url).toBe('/seen?d=3')
    expect(stdout).not.toContain(signed.token)
  }
  const line = new WebSocket(`${signed.url.replace('http', 'ws')}/line`)
  expect((await echoThrough(line)).url).toBe('/line')
})

test('a program that redirects is followed below the token', async () => {
  const { url } = await sandbox.getSignedPreviewUrl(port, 300)
  const response = await fetch(`${url}/redirect?to=${encodeURIComponent('/seen?after')}`)
  expect(((await response.json()) as Seen).url).toBe('/seen?after')
})

test('a browser gets a cookie and an address without the token; the cookie is valid for this port alone', async () => {
  const signed = await sandbox.getSignedPreviewUrl(port, 300)
  const { origin, host } = new URL(signed.url)
  const opened = await ask(`${signed.url}/seen?a=1`, navigation)
  expect([opened.status, opened.headers.location]).toEqual([303, `${origin}/seen?a=1`])
  expect(opened.headers['set-cookie']?.[0]).toMatch(/; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/)
  const cookie = cookieOf(opened.headers)
  const page = await ask(`${origin}/seen?a=1`, { ...navigation, cookie, referer: `${signed.url}/seen` })
  const seen = page.json<Seen>()
  expect([page.status, seen.url, seenHeader(seen, 'cookie')]).toEqual([200, '/seen?a=1', null])
  expect(seenHeader(seen, 'referer')).toBe(`${origin}/seen`)
  expect(page.text).not.toContain(signed.token)
  const again = await ask(`${signed.url}/seen`, { ...navigation, cookie })
  expect([again.status, again.headers.location]).toEqual([303, `${origin}/seen`])

  for (const foreign of ['https://evil.example', `http://127.0.0.1:${engine.port}`, `http://${addressOf(origin)}:1`]) {
    expect((await ask(`${origin}/seen`, { cookie, origin: foreign })).status).toBe(401)
    const socket = visitSocket(engine.port, { host, path: '/line', headers: { cookie, origin: foreign } })
    expect((await refusalOf(socket)).status).toBe(401)
  }
  expect((await ask(`${origin}/seen`, { cookie, origin }, 'POST')).status).toBe(200)
  const { url: otherPort } = await sandbox.getPreviewLink(port + 1)
  const { url: toolbox } = await sandbox.getPreviewLink(2280)
  for (const url of [`${otherPort}/`, `${toolbox}/version`, `http://127.0.0.1:${engine.port}/api/sandbox`]) {
    expect((await ask(url, { cookie })).status).toBe(401)
  }
  const named = `http://${port}-${sandbox.id}.localhost:${engine.port}/seen`
  expect((await ask(named, { cookie })).status).toBe(401)

  await sandbox.expireSignedPreviewUrl(port, signed.token)
  for (const sent of ['', cookie]) expect((await ask(`${signed.url}/seen`, { cookie: sent })).status).toBe(401)
  expect((await ask(`${origin}/seen`, { cookie })).status).toBe(401)
})

test('a token is valid at the address of its own port and sandbox alone, until it expires', async () => {
  const other = await create()
  const { url: otherSandbox } = await other.getPreviewLink(port)
  const { url: otherPort } = await sandbox.getPreviewLink(port + 1)
  const { token, url } = await sandbox.getSignedPreviewUrl(port, 300)
  const forged = token.replace(/^./, (first) => (first === 'a' ? 'b' : 'a'))
  for (const link of [
    `${otherSandbox}/~${token}/seen`,
    `${otherPort}/~${token}/seen`,
    `${new URL(url).origin}/~${forged}/seen`,
    `${new URL(url).origin}/x/~${token}/seen`,
    `http://127.0.0.1:${engine.port}/~${token}/seen`,
  ]) {
    expect([401, 404]).toContain((await ask(link)).status)
  }
  const short = await sandbox.getSignedPreviewUrl(port, 1)
  const cookie = await eventually('a visit before it expires', async () => {
    const link = await sandbox.getSignedPreviewUrl(port, 1)
    return cookieOf((await ask(`${link.url}/seen`)).headers)
  })
  await eventually('it has expired', async () => (await ask(`${short.url}/seen`)).status === 401)
  expect((await ask(`${new URL(url).origin}/seen`, { cookie })).status).toBe(200)
  await other.delete()
})

test('only known addresses are served', async () => {
  const { url } = await sandbox.getPreviewLink(port)
  for (const host of ['127.1.2.3', '127.0.0.2', '10.0.0.1', '128.0.0.1'].map((it) => `${it}:${engine.port}`)) {
    expect((await visit(engine.port, { host, path: '/seen' })).status).toBe(403)
  }
  const rebound = { host: `evil.example:${engine.port}`, connection: 'close' }
  const socket = connect(engine.port, addressOf(url))
  socket.write(`GET /seen HTTP/1.1\r\nHost: ${rebound.host}\r\nConnection: close\r\n\r\n`)
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toMatch(/^HTTP\/1.1 403 /)
  socket.destroy()
})

test('a client behind a tunnel, a proxy or another name gets a name', async () => {
  const route = `/api/sandbox/${sandbox.id}/ports/${port}/preview-url`
  const key = { authorization: `Bearer ${engine.apiKey}` }
  for (const [host, expected] of [
    ['localhost:9000', `http://${port}-${sandbox.id}.localhost:9000`],
    [`console.localhost:${engine.port}`, `http://${port}-${sandbox.id}.localhost:${engine.port}`],
  ]) {
    const answer = await visit(engine.port, { host: host ?? '', path: route, headers: key })
    expect(answer.json<{ url: string }>().url).toBe(expected)
  }
})

test('links stay valid when the engine and the sandbox start again, until the sandbox is deleted', async () => {
  const { url } = await sandbox.getPreviewLink(port)
  const signed = await sandbox.getSignedPreviewUrl(port, 300)
  await engine.restart()
  const stopped = await fetch(signed.url)
  expect([stopped.status, await stopped.text()]).toEqual([409, expect.stringContaining('start it first')])
  await engine.api('POST', `/sandbox/${sandbox.id}/start`)
  await startPortServer(engine, sandbox.id, [['127.0.0.1', port]])
  expect((await fetch(`${signed.url}/seen`)).status).toBe(200)
  expect((await sandbox.getPreviewLink(port)).url).toBe(url)
  await engine.kill9()
  await engine.restart()
  await eventually('it is adopted', async () => (await fetch(`${signed.url}/seen`)).status === 200)
  await sandbox.delete()
  expect((await ask(signed.url)).status).toBe(403)
  await expect(once(connect(engine.port, addressOf(url)), 'connect')).rejects.toThrow(/ECONNREFUSED/)
})
