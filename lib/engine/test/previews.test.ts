/** Ports of a sandbox under their own host names, as a browser visits them: access, forwarded and withheld headers. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SignedPreviewUrl } from '@/lib/process-api/previews'
import type { PreviewUrl } from '@/lib/process-api/sandbox'
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

const kinds = [...(findProgram('bwrap') ? (['bubblewrap'] as const) : []), 'none' as const]
/** Headers of a browser when a person navigates to a page. */
const navigation = { accept: 'text/html,*/*;q=0.8', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

describe.each(kinds)('%s', (isolation) => {
  let engine: EngineFixture
  let id: string
  let port: number
  let files: number
  let token: string

  beforeAll(async () => {
    engine = await startEngine({
      isolation,
      env: {
        SANDGLASS_PREVIEW_HOSTS: 'preview.example.com',
        SANDGLASS_ALLOWED_HOSTS: 'engine.example.org',
        SANDGLASS_PREVIEW_LINKS: 'names',
      },
    })
    id = (await engine.createSandbox()).id
    port = await portForProgram()
    files = await portForProgram()
    await startPortServer(engine, id, [['127.0.0.1', port]])
    await engine.toolbox(id, 'POST', '/process/execute', { command: 'mkdir -p site && echo of python > site/page.txt' })
    await startProgram(engine, id, `exec python3 -m http.server ${files} --directory site --bind ::1`, [files])
    token = (await previewUrl(port)).token
  })
  afterAll(async () => {
    await engine?.stop()
  })

  const previewUrl = async (of: number, sandbox = id) =>
    (await engine.api('GET', `/sandbox/${sandbox}/ports/${of}/preview-url`)).json<PreviewUrl>()
  const signed = async (of: number, seconds = 60, sandbox = id) =>
    (
      await engine.api('GET', `/sandbox/${sandbox}/ports/${of}/signed-preview-url?expiresInSeconds=${seconds}`)
    ).json<SignedPreviewUrl>()
  const expire = (of: number, signedToken: string, sandbox = id) =>
    engine.api('POST', `/sandbox/${sandbox}/ports/${of}/signed-preview-url/${signedToken}/expire`)
  const key = () => ({ authorization: `Bearer ${engine.apiKey}` })
  const byId = (of = port, label = id) => `${of}-${label}.localhost:${engine.port}`
  const ask = (what: Visit = {}) => visit(engine.port, { host: byId(), path: '/seen', ...what })
  const cookieOf = (headers: { 'set-cookie'?: string[] }) =>
    headers['set-cookie']?.find((line) => line.startsWith('daytona-sandbox-auth-'))?.split(';')[0] ?? ''

  describe('three ways to a program', () => {
    test('Python file server and Node', async () => {
      const link = await signed(files)
      const hosts = [byId(files), new URL(link.url).host]
      expect(link.url).toBe(`http://${files}-${link.token}.localhost:${engine.port}`)
      for (const host of hosts) {
        const answer = await visit(engine.port, { host, path: '/page.txt', headers: key() })
        expect([answer.status, answer.text]).toEqual([200, 'of python\n'])
      }
      const below = await visit(engine.port, { path: `/toolbox/${id}/proxy/${files}/page.txt`, headers: key() })
      expect([below.status, below.text]).toEqual([200, 'of python\n'])
      const ofNode = new URL((await signed(port)).url).host
      for (const host of [byId(), ofNode]) {
        const seen = (await ask({ host, path: '/seen?a=%2Fb+c', headers: key() })).json<Seen>()
        expect([seen.method, seen.url, seenHeader(seen, 'host')]).toEqual(['GET', '/seen?a=%2Fb+c', host])
      }
    })

    test('WebSockets', async () => {
      const host = new URL((await signed(port)).url).host
      for (const visited of [
        { host: byId(), path: '/line', headers: key() },
        { host: byId(), path: `/line?DAYTONA_SANDBOX_AUTH_KEY=${token}` },
        { host, path: '/line' },
        { path: `/toolbox/${id}/proxy/${port}/line`, headers: key() },
      ]) {
        const seen = await echoThrough(visitSocket(engine.port, visited))
        expect(seen.url).toBe('/line')
        expect(JSON.stringify(seen)).not.toContain(engine.apiKey)
        expect(JSON.stringify(seen)).not.toContain(token)
      }
    })

    test('below a configured name, and no other', async () => {
      const allowed = await ask({ host: `${port}-${id}.preview.example.com`, headers: key() })
      expect(allowed.status).toBe(200)
      for (const host of [
        `${port}-${id}.example.com`,
        // A name of the engine or the console is not a preview domain.
        `${port}-${id}.engine.example.org`,
        `${port}-${id}.evil.example`,
        `${port}-${id}.localhost.evil.example`,
        `${port}-${id}.a.preview.example.com`,
      ]) {
        expect((await ask({ host, headers: key() })).status).toBe(403)
        expect(await refusalOf(visitSocket(engine.port, { host, headers: key() }))).toMatchObject({ status: 403 })
      }
    })

    test('port 2280 is the toolbox itself, with its public routes only', async () => {
      const host = byId(2280)
      const version = await visit(engine.port, { host, path: '/version', headers: key() })
      expect(version.json()).toEqual({ version: expect.any(String) })
      const run = await visit(engine.port, {
        host,
        path: `/process/execute?DAYTONA_SANDBOX_AUTH_KEY=${token}`,
        method: 'POST',
        body: JSON.stringify({ command: 'echo $((6*7))' }),
      })
      expect(run.json()).toEqual({ exitCode: 0, result: '42\n' })
      for (const path of ['/internal/shutdown', '/internal%2Fclaim', '/']) {
        const answer = await visit(engine.port, { host, path, method: 'POST', headers: key(), body: '{}' })
        expect([answer.status, answer.json<{ source: string }>().source]).toEqual([404, 'DAYTONA_PROXY'])
      }
      // Paths that the proxy and the toolbox's router could parse differently.
      for (const path of [
        '//internal/claim',
        '/%69nternal/claim',
        '/%69nternal/claim#%ff',
        '/%69nternal/shutdown#',
        '/%69nternal/claim%ff',
        '/%70roxy/80/',
        '/version;x',
      ]) {
        const answer = await visit(engine.port, { host, path, method: 'POST', headers: key(), body: '{}' })
        expect([path, answer.status]).toEqual([path, 400])
      }
      expect((await visit(engine.port, { host, path: '/version' })).status).toBe(401)
    })

    test('paths that we use as well belong to the program', async () => {
      for (const path of ['/api/sandbox', '/toolbox/x/version', '/health', '/internal/shutdown', '/api/socket.io/']) {
        const answer = await ask({ path, method: 'POST', headers: key() })
        expect([answer.status, answer.text]).toEqual([404, 'not here'])
      }
      const socket = visitSocket(engine.port, {
        host: byId(),
        path: '/api/socket.io/?EIO=4&transport=websocket',
        headers: key(),
      })
      expect((await echoThrough(socket)).url).toBe('/api/socket.io/?EIO=4&transport=websocket')
    })

    test('the request line may contain an absolute URL, as clients of proxies send it', async () => {
      const seen = (await ask({ path: `http://${byId()}/seen?a`, headers: key() })).json<Seen>()
      expect(seen.url).toBe('/seen?a')
      expect((await ask({ path: '*', method: 'OPTIONS', headers: key() })).status).toBe(400)
    })
  })

  describe('access', () => {
    const missing = 'unauthorized: missing authentication: provide a preview access token'

    test('is refused without a credential; programs get the envelope', async () => {
      const answer = await ask()
      expect(answer.status).toBe(401)
      expect(answer.json()).toMatchObject({
        statusCode: 401,
        code: 'UNAUTHORIZED',
        source: 'DAYTONA_PROXY',
        message: expect.stringContaining(missing),
        path: '/seen',
      })
      expect((await refusalOf(visitSocket(engine.port, { host: byId() }))).status).toBe(401)
    })

    test('a person gets a page that says what is missing and accepts a token', async () => {
      const answer = await ask({ path: '/"><script>', headers: navigation })
      expect([answer.status, answer.headers['content-type']]).toEqual([401, 'text/html; charset=utf-8'])
      expect(answer.headers['cache-control']).toBe('no-store')
      expect(answer.text).toMatch(/<html lang="en">[\s\S]*<h1>[\s\S]*<label for="token">/)
      expect(answer.text).not.toContain('<script')
    })

    test('each credential is accepted in every valid place', async () => {
      for (const headers of [
        key() as Record<string, string>,
        { 'x-daytona-preview-token': token },
        { authorization: 'Bearer wrong', 'x-daytona-preview-token': token },
      ]) {
        expect((await ask({ headers })).status).toBe(200)
      }
      expect((await ask({ path: `/seen?DAYTONA_SANDBOX_AUTH_KEY=${token}` })).status).toBe(200)
      const host = new URL((await signed(port)).url).host
      expect((await ask({ host })).status).toBe(200)
      expect((await ask({ host, headers: { authorization: 'Bearer wrong' } })).status).toBe(200)
    })

    test('every invalid credential is refused and named', async () => {
      const other = await engine.createSandbox()
      const foreign = (await previewUrl(port, other.id)).token
      const answer = await ask({
        path: `/seen?DAYTONA_SANDBOX_AUTH_KEY=${foreign}`,
        headers: {
          authorization: 'Bearer wrong',
          'x-daytona-preview-token': foreign,
          cookie: `daytona-sandbox-auth-${id}=1`,
        },
      })
      expect([answer.status, answer.json<{ message: string }>().message]).toEqual([
        401,
        'unauthorized: authentication failed: Bearer token is invalid, Auth key header is invalid, Auth key query parameter is invalid, Cookie is invalid',
      ])
      const { token: signedToken } = await signed(port, 60, other.id)
      for (const label of [
        signedToken,
        signedToken.replace(/^./, (it) => (it === 'a' ? 'b' : 'a')),
        'box',
        'x'.repeat(53),
      ]) {
        const refused = await ask({ host: byId(port + 1, label) })
        expect([refused.status, refused.json<{ message: string }>().message]).toEqual([
          401,
          'unauthorized: authentication failed: Signed preview token is invalid or expired',
        ])
      }
      await engine.api('DELETE', `/sandbox/${other.id}`)
      expect((await ask({ host: byId(port, signedToken) })).status).toBe(401)
    })

    test('a stranger cannot find out which sandboxes exist; the holder of the key can', async () => {
      const unknown = byId(port, '11111111-2222-4333-8444-000000000000')
      expect((await ask({ host: unknown })).text.replace(/"timestamp":"[^"]*"/, '')).toBe(
        (await ask()).text.replace(/"timestamp":"[^"]*"/, ''),
      )
      expect((await ask({ host: unknown, headers: key() })).status).toBe(404)
    })

    test('a signed link ends when it expires, or at once when it is revoked', async () => {
      const short = await signed(port, 1)
      const long = await signed(port, 600)
      const host = new URL(long.url).host
      await eventually(
        'the short one has expired',
        async () => (await ask({ host: new URL(short.url).host })).status === 401,
      )
      const cookie = cookieOf((await ask({ host })).headers)
      expect((await expire(port, long.token)).status).toBe(201)
      expect((await ask({ host })).status).toBe(401)
      expect((await ask({ host, headers: { cookie } })).status).toBe(401)
      expect((await expire(port, long.token)).status).toBe(201)
      expect((await expire(port + 1, long.token)).status).toBe(404)
      expect((await ask({ host: new URL((await signed(port)).url).host })).status).toBe(200)
    })

    test('the key and both kinds of token are never forwarded to the program', async () => {
      const host = new URL((await signed(port)).url).host
      const cookie = cookieOf((await ask({ host })).headers)
      const seen = (
        await ask({
          path: `/seen?a=1&DAYTONA_SANDBOX_AUTH_KEY=${token}&b=2`,
          headers: {
            ...key(),
            'x-daytona-preview-token': token,
            cookie: `theirs=1; ${cookie}; daytona-sandbox-auth-${id}=2`,
            referer: `http://${byId()}/?DAYTONA_SANDBOX_AUTH_KEY=${token}`,
          },
        })
      ).json<Seen>()
      expect(seen.url).toBe('/seen?a=1&b=2')
      expect(seenHeader(seen, 'cookie')).toBe('theirs=1')
      expect(seenHeader(seen, 'referer')).toBe(`http://${byId()}/`)
      for (const secret of [engine.apiKey, token, cookie]) expect(JSON.stringify(seen)).not.toContain(secret)
    })

    test('a program may have its own keys', async () => {
      const headers = { 'x-daytona-preview-token': token, authorization: 'Bearer of the program' }
      expect(seenHeader((await ask({ headers })).json<Seen>(), 'authorization')).toBe('Bearer of the program')
    })
  })

  describe('the cookie', () => {
    test('is set with a redirect when the address has a token', async () => {
      const answer = await ask({ path: `/seen?a=1&DAYTONA_SANDBOX_AUTH_KEY=${token}`, headers: navigation })
      expect([answer.status, answer.headers.location]).toEqual([303, `http://${byId()}/seen?a=1`])
      expect(answer.headers['set-cookie']?.[0]).toMatch(/; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/)
      const cookie = cookieOf(answer.headers)
      const followed = await ask({ path: '/seen?a=1', headers: { ...navigation, cookie } })
      expect([followed.status, followed.json<Seen>().url]).toEqual([200, '/seen?a=1'])
      expect(followed.headers['set-cookie']).toBeUndefined()
    })

    test('grants access to requests of the page itself and to links from other sites, but not to their pages', async () => {
      const cookie = cookieOf((await ask({ path: `/seen?DAYTONA_SANDBOX_AUTH_KEY=${token}` })).headers)
      const own = `http://${byId()}`
      const status = async (headers: Record<string, string>, method = 'GET') =>
        (await ask({ method, headers: { cookie, ...headers } })).status
      expect(await status({})).toBe(200)
      expect(await status({ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'no-cors' })).toBe(200)
      expect(await status({ origin: own, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }, 'POST')).toBe(200)
      expect(await status({ 'sec-fetch-site': 'cross-site', ...navigation })).toBe(200)
      for (const foreign of [
        'https://evil.example',
        `http://${byId(port + 1)}`,
        `http://${byId(port, 'x')}`,
        `https://${byId()}`,
        `http://${byId().replace(/\d+$/, '80')}`,
        'null',
      ]) {
        expect(await status({ origin: foreign })).toBe(401)
        const socket = visitSocket(engine.port, { host: byId(), path: '/line', headers: { cookie, origin: foreign } })
        expect((await refusalOf(socket)).status).toBe(401)
      }
      expect(await status({ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' })).toBe(401)
      expect(await status({ 'sec-fetch-site': 'cross-site', ...navigation }, 'POST')).toBe(401)
      const socket = visitSocket(engine.port, { host: byId(), path: '/line', headers: { cookie, origin: own } })
      expect((await echoThrough(socket)).url).toBe('/line')
    })

    test('is valid for one port of one sandbox, and forged ones for none', async () => {
      const cookie = cookieOf((await ask({ path: `/seen?DAYTONA_SANDBOX_AUTH_KEY=${token}` })).headers)
      expect((await visit(engine.port, { host: byId(files), path: '/', headers: { cookie } })).status).toBe(401)
      expect((await visit(engine.port, { host: byId(2280), path: '/version', headers: { cookie } })).status).toBe(401)
      const below = { path: `/toolbox/${id}/version`, headers: { cookie } }
      expect((await visit(engine.port, below)).status).toBe(401)
      const [name = '', value = ''] = cookie.split('=')
      const [expires = '', signature = ''] = value.split('.')
      for (const forged of [`${Number(expires) + 1}.${signature}`, `${expires}.${'A'.repeat(43)}`, id, token, '']) {
        expect((await ask({ headers: { cookie: `${name}=${forged}` } })).status).toBe(401)
      }
    })

    test('keeps a signed link open after it has expired', async () => {
      let host = ''
      const cookie = await eventually('a visit before it expires', async () => {
        host = new URL((await signed(port, 1)).url).host
        return cookieOf((await ask({ host })).headers)
      })
      await eventually('the link has expired', async () => (await ask({ host })).status === 401)
      expect((await ask({ host, headers: { cookie } })).status).toBe(200)
    })

    test('is separate from those of the program, which stay on its own host', async () => {
      const answer = await ask({ path: `/cookies?DAYTONA_SANDBOX_AUTH_KEY=${token}` })
      expect(answer.headers['set-cookie']).toEqual([
        'program=1; Path=/',
        expect.stringMatching(`^daytona-sandbox-auth-${id}=`),
      ])
    })
  })

  describe('a public sandbox', () => {
    test('is open to everyone except for three ports, and private again afterwards', async () => {
      await engine.api('POST', `/sandbox/${id}/public/true`)
      expect((await ask()).status).toBe(200)
      expect((await echoThrough(visitSocket(engine.port, { host: byId(), path: '/line' }))).url).toBe('/line')
      for (const reserved of [22_222, 2280, 33_333]) {
        expect((await ask({ host: byId(reserved), path: '/version' })).status).toBe(401)
      }
      expect((await visit(engine.port, { path: `/toolbox/${id}/version` })).status).toBe(401)
      expect((await visit(engine.port, { path: `/toolbox/${id}/proxy/${port}/seen` })).status).toBe(401)
      const seen = (await ask({ path: `/seen?DAYTONA_SANDBOX_AUTH_KEY=${token}`, headers: key() })).json<Seen>()
      expect(JSON.stringify(seen)).not.toMatch(new RegExp(`${token}|${engine.apiKey}`))
      await engine.api('POST', `/sandbox/${id}/public/false`)
      expect((await ask()).status).toBe(401)
    })

    test('has a limit of requests in progress for visitors, and none for clients with a key', async () => {
      const silent = await portForProgram()
      const listen = `import socket, time; it = socket.create_server(("127.0.0.1", ${silent}), backlog=1000); time.sleep(1000)`
      await startProgram(engine, id, `exec python3 -c '${listen}'`, [silent])
      await engine.api('POST', `/sandbox/${id}/public/true`)
      const visitors: Socket[] = []
      let refused = 0
      const visitSilently = async () => {
        const socket = connect(engine.port, '127.0.0.1')
        visitors.push(socket)
        socket
          .on('error', () => undefined)
          .on('data', (bytes) => {
            if (bytes.toString().startsWith('HTTP/1.1 429')) refused += 1
          })
        await once(socket, 'connect')
        socket.write(`GET / HTTP/1.1\r\nHost: ${byId(silent)}\r\n\r\n`)
      }
      for (let i = 0; i < 520; i += 1) await visitSilently()
      await eventually('visitors are refused', () => refused > 0)
      expect((await ask()).status).toBe(429)
      expect((await ask({ headers: key() })).status).toBe(200)
      for (const socket of visitors) socket.destroy()
      await eventually('visitors are served again', async () => (await ask()).status === 200)
      await engine.api('POST', `/sandbox/${id}/public/false`)
    })
  })

  describe('other origins', () => {
    test('may send requests with a token, but no cookies of the program', async () => {
      const origin = 'https://console.example'
      const preflight = await ask({
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'x-daytona-preview-token',
        },
      })
      expect([preflight.status, preflight.headers]).toMatchObject([
        204,
        { 'access-control-allow-origin': origin, 'access-control-allow-headers': 'x-daytona-preview-token' },
      ])
      expect(preflight.headers['access-control-allow-credentials']).toBeUndefined()
      const answer = await ask({ headers: { origin, 'x-daytona-preview-token': token } })
      expect([answer.status, answer.headers['access-control-allow-origin'], answer.headers.vary]).toEqual([
        200,
        origin,
        'Origin',
      ])
      const sibling = await ask({ headers: { origin: `http://${byId(port + 1)}`, ...key() } })
      expect(sibling.headers['access-control-allow-credentials']).toBe('true')
    })

    test('are left to a program that decides itself, and to none on request', async () => {
      const origin = 'https://console.example'
      const own = await ask({ path: '/own-cors', headers: { origin, ...key() } })
      expect(own.headers['access-control-allow-origin']).toBe('https://only.example')
      const silent = await ask({ headers: { origin, 'x-daytona-disable-cors': 'true', ...key() } })
      expect(silent.headers['access-control-allow-origin']).toBeUndefined()
      const asked = await ask({ method: 'OPTIONS', headers: key() })
      expect(asked.json<Seen>().method).toBe('OPTIONS')
    })
  })

  test('a closed port: a page for a person, the envelope for a program', async () => {
    const empty = await portForProgram()
    const page = await ask({ host: byId(empty), headers: { ...key(), ...navigation } })
    expect([page.status, page.headers['content-type']]).toEqual([502, 'text/html; charset=utf-8'])
    expect(page.text).toContain(`Nothing listens on port ${empty}; these ports do: `)
    const envelope = await ask({ host: byId(empty), headers: key() })
    expect(envelope.json()).toMatchObject({ statusCode: 502, code: 'BAD_GATEWAY' })
  })

  test("a redirect to the program's own idea of its address is corrected", async () => {
    const location = async (to: string) =>
      (await ask({ path: `/redirect?to=${encodeURIComponent(to)}`, headers: key() })).headers.location
    expect(await location('/login')).toBe('/login')
    expect(await location(`http://localhost:${port}/login?a`)).toBe('/login?a')
    expect(await location('https://example.org/')).toBe('https://example.org/')
  })

  test('the first byte of a slow response arrives before its end', async () => {
    const seen: string[] = []
    const socket = connect(engine.port, '127.0.0.1')
    socket.on('data', (data) => seen.push(data.toString()))
    socket.write(`GET /slow HTTP/1.1\r\nHost: ${byId()}\r\nX-Daytona-Preview-Token: ${token}\r\n\r\n`)
    await eventually('the first part', () => seen.join('').includes('first'))
    expect(seen.join('')).not.toContain('last')
    await ask({ path: '/go', headers: key() })
    await eventually('the last part', () => seen.join('').includes('last'))
    socket.destroy()
  })

  test('a visit counts as activity while it lasts, unless the request says otherwise', async () => {
    const activity = async () =>
      (await engine.api('GET', `/sandbox/${id}`)).json<{ lastActivityAt: string }>().lastActivityAt
    const before = await activity()
    await eventually('the clock advances', () => new Date().toISOString() > before)
    await ask({ headers: { ...key(), 'x-daytona-skip-last-activity-update': 'true' } })
    expect(await activity()).toBe(before)
    const socket = visitSocket(engine.port, { host: byId(), path: '/line', headers: key() })
    await once(socket, 'open')
    const opened = await activity()
    expect(opened > before).toBe(true)
    await eventually('the clock advances', () => new Date().toISOString() > opened)
    socket.close()
    await eventually('its end counts as well', async () => (await activity()) > opened)
  })

  test('a restart invalidates the old token and its cookies; links of a stopped sandbox report that', async () => {
    const cookie = cookieOf((await ask({ path: `/seen?DAYTONA_SANDBOX_AUTH_KEY=${token}` })).headers)
    const link = await signed(port)
    const { host } = new URL(link.url)
    await engine.api('POST', `/sandbox/${id}/stop`)
    const stopped = await ask({ host, headers: navigation })
    expect([stopped.status, stopped.text.includes('is stopped; start it first')]).toEqual([409, true])
    await engine.api('POST', `/sandbox/${id}/start`)
    await startPortServer(engine, id, [['127.0.0.1', port]])
    expect((await ask({ headers: { cookie } })).status).toBe(401)
    expect((await ask({ path: `/seen?DAYTONA_SANDBOX_AUTH_KEY=${token}` })).status).toBe(401)
    token = (await previewUrl(port)).token
    expect((await ask({ path: `/seen?DAYTONA_SANDBOX_AUTH_KEY=${token}` })).status).toBe(200)
    expect((await ask({ host })).status).toBe(200)
  })
})
