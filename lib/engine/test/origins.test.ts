/** Which pages may make changes through the engine, and where pages of sandboxes are shown: real requests as from browsers. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Daytona } from '@daytona/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { buildProgram, type EngineFixture, engineEnvironment, freePort, startEngine } from './engine-fixture'
import { echoThrough, portForProgram, refusalOf, startPortServer, type Visit, visit, visitSocket } from './port-program'

const app = 'https://app.example.com'

let engine: EngineFixture
let id: string
let port: number

beforeAll(async () => {
  engine = await startEngine({
    env: { SANDGLASS_API_ORIGINS: app, SANDGLASS_ALLOWED_HOSTS: 'https://engine.example.org' },
  })
  id = (await engine.createSandbox()).id
  port = await portForProgram()
  await startPortServer(engine, id, [['127.0.0.1', port]])
})
afterAll(() => engine?.stop())

const key = () => ({ authorization: `Bearer ${engine.apiKey}` })
const own = () => `http://127.0.0.1:${engine.port}`
const ask = (what: Visit) => visit(engine.port, { ...what, headers: { ...key(), ...what.headers } })
const socket = (what: Visit) => visitSocket(engine.port, { ...what, headers: { ...key(), ...what.headers } })

/** Origins of foreign pages: other ports, schemes, names, siblings, and a sandbox's own preview. */
const foreignOrigins = () => [
  'https://evil.example',
  'http://127.0.0.1:3000',
  `http://127.0.0.1:${engine.port + 1}`,
  `http://localhost:${engine.port}`,
  `https://127.0.0.1:${engine.port}`,
  `http://${port}-${id}.localhost:${engine.port}`,
  'http://app.example.com',
  'https://app.example.com:8443',
  'https://app.example.com.evil.example',
  'http://engine.example.org',
  'null',
]

describe('a request that changes something, with the key', () => {
  const changes = () => [
    { method: 'PUT', path: `/api/sandbox/${id}/labels`, body: '{"labels":{}}' },
    { method: 'POST', path: `/toolbox/${id}/process/execute`, body: '{"command":"echo reached"}' },
    { method: 'DELETE', path: `/toolbox/${id}/files?path=nothing` },
    { method: 'POST', path: `/toolbox/${id}/proxy/${port}/seen`, body: '{}' },
    {
      method: 'POST',
      path: '/process/execute',
      body: '{"command":"echo reached"}',
      host: `2280-${id}.localhost:${engine.port}`,
    },
  ]

  test('is refused for pages of other origins, with a sentence that they can read', async () => {
    for (const change of changes()) {
      for (const origin of foreignOrigins().filter((it) => it !== `http://${change.host}`)) {
        const answer = await ask({ ...change, headers: { origin } })
        expect([answer.status, answer.json<{ code: string }>().code], `${change.path} ${origin}`).toEqual([
          403,
          'FORBIDDEN',
        ])
        expect(answer.json<{ message: string }>().message).toContain('SANDGLASS_API_ORIGINS')
        expect(answer.headers['access-control-allow-origin']).toBe(origin)
      }
    }
  })

  test.each(['same-site', 'cross-site', 'unheard-of'])('is refused when the browser reports it as %s', async (site) => {
    for (const change of changes()) {
      const asked = change.host ? `http://${change.host}` : own()
      const claims: Record<string, string>[] = [{ 'sec-fetch-site': site }, { 'sec-fetch-site': site, origin: asked }]
      for (const headers of claims) {
        expect((await ask({ ...change, headers })).status, change.path).toBe(403)
      }
    }
  })

  test('is accepted from programs, from pages of the engine itself, and from listed ones', async () => {
    const execute = { method: 'POST', path: `/toolbox/${id}/process/execute`, body: '{"command":"echo reached"}' }
    const pages: Record<string, string>[] = [
      {},
      // Headers of Node's fetch.
      { 'sec-fetch-mode': 'cors' },
      { origin: own(), 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
      { origin: app, 'sec-fetch-site': 'cross-site' },
      { origin: 'https://engine.example.org' },
      { host: 'engine.example.org', origin: 'https://engine.example.org', 'sec-fetch-site': 'same-origin' },
    ]
    for (const headers of pages) {
      const answer = await ask({ ...execute, headers })
      expect([answer.status, answer.text], JSON.stringify(headers)).toEqual([200, expect.stringContaining('reached')])
    }
  })

  test('is accepted from the official SDK', async () => {
    const sandbox = await new Daytona({ apiUrl: engine.apiUrl, apiKey: engine.apiKey, target: 'local' }).get(id)
    expect((await sandbox.process.executeCommand('echo by SDK')).result).toBe('by SDK\n')
  })

  test('is accepted from any page with a signed link to one file', async () => {
    const sandbox = await new Daytona({ apiUrl: engine.apiUrl, apiKey: engine.apiKey, target: 'local' }).get(id)
    const form = new FormData()
    form.set('file', new Blob(['by link']))
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
    expect((await fetch(await sandbox.uploadUrl('linked'), { method: 'POST', body: form, headers })).status).toBe(200)
  })

  test('reading is open to any page that has the key', async () => {
    for (const origin of foreignOrigins()) {
      const answer = await ask({ path: `/toolbox/${id}/version`, headers: { origin, 'sec-fetch-site': 'cross-site' } })
      expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, origin])
    }
  })
})

describe('an upgrade, with the key', () => {
  const upgrades = () => [
    { path: '/api/events' },
    { path: '/api/socket.io/?EIO=4&transport=websocket' },
    { path: `/toolbox/${id}/events` },
    { path: `/toolbox/${id}/proxy/${port}/line` },
    { path: '/events', host: `2280-${id}.localhost:${engine.port}` },
  ]

  test('is refused for pages of other origins', async () => {
    for (const upgrade of upgrades()) {
      for (const origin of foreignOrigins().filter((it) => it !== `http://${upgrade.host}`)) {
        expect((await refusalOf(socket({ ...upgrade, headers: { origin } }))).status, `${upgrade.path} ${origin}`).toBe(
          403,
        )
      }
      for (const site of ['same-site', 'cross-site']) {
        expect((await refusalOf(socket({ ...upgrade, headers: { 'sec-fetch-site': site } }))).status).toBe(403)
      }
    }
  })

  test('is accepted from programs, own pages and listed ones', async () => {
    for (const headers of [{}, { origin: own() }, { origin: app, 'sec-fetch-site': 'cross-site' }] as Record<
      string,
      string
    >[]) {
      expect((await echoThrough(socket({ path: `/toolbox/${id}/proxy/${port}/line`, headers }))).url).toBe('/line')
    }
  })
})

describe('a page of a sandbox below the toolbox path', () => {
  const below = (route = '/page?a=%2F&DAYTONA_SANDBOX_AUTH_KEY=t') => `/toolbox/${id}/proxy/${port}${route}`
  const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', accept: 'text/html' }
  const elsewhere = () => `http://${port}-${id}.localhost:${engine.port}`

  test('is redirected to its own host name in a browser', async () => {
    const frame = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }
    const old = { 'user-agent': 'Mozilla/5.0 of old', accept: 'text/html,*/*' }
    for (const headers of [
      navigation,
      frame,
      old,
      { 'sec-fetch-dest': 'serviceworker', 'sec-fetch-mode': 'same-origin' },
    ]) {
      const answer = await ask({ path: below(), headers: headers as Record<string, string> })
      expect([answer.status, answer.headers.location]).toEqual([
        307,
        `${elsewhere()}/page?a=%2F&DAYTONA_SANDBOX_AUTH_KEY=t`,
      ])
    }
    expect((await ask({ path: below(''), headers: navigation })).headers.location).toBe(`${elsewhere()}/`)
  })

  test('is refused if there is no such host name', async () => {
    for (const what of [
      { path: below(), headers: { ...navigation, host: 'engine.example.org' } },
      { path: below(), method: 'POST', headers: navigation },
      { path: below().replace(id, 'no-sandbox!'), headers: navigation },
    ]) {
      const answer = await ask(what)
      expect([answer.status, answer.json<{ message: string }>().message]).toEqual([
        403,
        expect.stringContaining('SANDGLASS_PREVIEW_HOSTS'),
      ])
    }
  })

  test('is readable by programs, and would have neither scripts nor an origin in a browser', async () => {
    for (const headers of [{}, { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }] as Record<string, string>[]) {
      const answer = await ask({ path: below('/seen'), headers })
      expect([answer.status, answer.headers['content-security-policy']]).toEqual([200, 'sandbox'])
    }
  })
})

describe('a request target', () => {
  const broken = [
    '//',
    '//x/%2e%2e',
    '//api/sandbox',
    '/%',
    '/%ff',
    '/a\\b',
    '/x/..//y',
    '/api/sandbox/%zz',
    '/toolbox/%',
    'http://127.0.0.1/api/sandbox',
    'x',
    '/api/socket.io//\\..',
    '/a#b',
  ]

  test.each(broken)('%s gets 400, as request and as upgrade', async (target) => {
    const answer = await ask({ path: target })
    expect([answer.status, answer.json<{ code: string }>().code]).toEqual([400, 'BAD_REQUEST'])
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    }
    expect((await ask({ path: target, headers: upgrade })).status).toBe(400)
    expect((await visit(engine.port, { path: target })).status).toBe(400)
    expect(engine.log).not.toMatch(/ failed"|uncaught exception|unhandled rejection|\\n {4}at |\n {4}at /)
  })
})

test('only a trusted proxy can set the client address and the host name', async () => {
  const toolboxOf = async (headers: Record<string, string>) =>
    (await ask({ path: `/api/sandbox/${id}`, headers })).json<SandboxDto>().toolboxProxyUrl
  const claims = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' }
  expect(await toolboxOf(claims)).toBe(`${own()}/toolbox`)
  const seen = await ask({
    path: `/seen`,
    host: `${port}-${id}.localhost:${engine.port}`,
    headers: { ...claims, 'x-forwarded-for': '6.6.6.6', 'x-real-ip': '6.6.6.6', 'x-forwarded-prefix': '/evil' },
  })
  expect(seen.text).not.toMatch(/6\.6\.6\.6|evil/)
})

describe('sockets', () => {
  let limited: EngineFixture
  let sandbox: SandboxDto
  let token: string

  beforeAll(async () => {
    limited = await startEngine({
      env: {
        SANDGLASS_TRUSTED_PROXIES: '127.0.0.1',
        SANDGLASS_ENGINE_SOCKETS: '5',
        SANDGLASS_ENGINE_SOCKETS_PER_KEY: '2',
        SANDGLASS_ENGINE_SOCKETS_PER_ADDRESS: '3',
      },
    })
    sandbox = await limited.createSandbox()
    const link = await limited.api('GET', `/sandbox/${sandbox.id}/ports/1/preview-url`)
    token = link.json<{ token: string }>().token
  })
  afterAll(() => limited?.stop())

  test('of one key, one address and in total have limits, and are released when closed', async () => {
    const from = (address: string, credential: Record<string, string>) =>
      visitSocket(limited.port, {
        path: `/toolbox/${sandbox.id}/events`,
        headers: { 'x-forwarded-for': address, ...credential },
      })
    const byKey = { authorization: `Bearer ${limited.apiKey}` }
    const byToken = { 'x-daytona-preview-token': token }
    const open = async (address: string, credential: Record<string, string>) => {
      const opened = from(address, credential)
      await once(opened, 'open')
      return opened
    }
    const refusal = async (address: string, credential: Record<string, string>) => {
      const { status, text } = await refusalOf(from(address, credential))
      const { code, message } = JSON.parse(text)
      return [status, code, message]
    }
    const first = await open('10.0.0.1', byKey)
    await open('10.0.0.1', byKey)
    expect(await refusal('10.0.0.2', byKey)).toEqual([
      429,
      'TOO_MANY_REQUESTS',
      expect.stringMatching(/key or token has 2.*_PER_KEY/),
    ])
    await open('10.0.0.1', byToken)
    expect(await refusal('10.0.0.1', byToken)).toEqual([
      429,
      'TOO_MANY_REQUESTS',
      expect.stringMatching(/address has 3.*_PER_ADDRESS/),
    ])
    await open('10.0.0.2', byToken)
    first.close()
    await once(first, 'close')
    // The socket is released as soon as the engine has noticed that it closed.
    await expect
      .poll(() =>
        open('10.0.0.3', byKey).then(
          () => 'open',
          () => 'refused',
        ),
      )
      .toBe('open')
    // Requests without valid credentials do not count.
    for (let i = 0; i < 10; i += 1) expect((await refusalOf(from('10.0.0.9', {}))).status).toBe(401)
    await limited.api('POST', `/sandbox/${sandbox.id}/public/true`)
    await startPortServer(limited, sandbox.id, [['127.0.0.1', port]])
    const visitor = (address: string) =>
      visitSocket(limited.port, {
        host: `${port}-${sandbox.id}.localhost:${limited.port}`,
        path: '/line',
        headers: { 'x-forwarded-for': address },
      })
    const last = visitor('10.0.0.5')
    await once(last, 'open')
    const { status, text } = await refusalOf(visitor('10.0.0.6'))
    expect([status, JSON.parse(text).message]).toEqual([429, expect.stringMatching(/all clients together have 5/)])
  })
})

describe('a domain for previews that is the console’s own', () => {
  const shared = {
    HOST: '127.0.0.1',
    SANDGLASS_ALLOWED_HOSTS: 'https://sandglass.example.com',
    SANDGLASS_PREVIEW_HOSTS: 'sandglass.example.com',
  }

  test('prevents the engine from starting, with one sentence', async () => {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'sandglass-shared-'))
    const env = engineEnvironment({ env: shared }, dataDir, await freePort())
    const child = spawn(process.execPath, [await buildProgram()], { env, stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const [code] = await once(child, 'close')
    rmSync(dataDir, { recursive: true, force: true })
    expect([code, said]).toEqual([
      78,
      expect.stringMatching(/^SANDGLASS_PREVIEW_HOSTS has "sandglass.example.com", which shares a host name.*\n$/),
    ])
  })

  test('is reported at startup and with each sandbox if an administrator allows it', async () => {
    const allowing = await startEngine({
      isolation: 'none',
      env: { ...shared, SANDGLASS_SHARED_HOST_PREVIEWS: 'allow' },
    })
    try {
      const warning = 'Previews below sandglass.example.com share a host name with the console'
      const warnings = allowing.log.split('\n').filter((line) => line.includes('"level":"warn"'))
      expect(warnings).toContainEqual(expect.stringContaining(warning))
      expect(warnings).toContainEqual(expect.stringContaining('The sandbox shares the network of this machine'))
      const { id: box, isolation } = await allowing.createSandbox()
      expect(isolation?.warnings.join('\n')).toContain(warning)
      await startPortServer(allowing, box, [['127.0.0.1', port]])
      const page = await visit(allowing.port, {
        path: `/toolbox/${box}/proxy/${port}/page`,
        headers: { authorization: `Bearer ${allowing.apiKey}`, 'sec-fetch-mode': 'navigate' },
      })
      expect([page.status, page.headers['content-security-policy']]).toEqual([200, undefined])
    } finally {
      await allowing.stop()
    }
  })
})
