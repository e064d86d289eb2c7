/** Links that need no other credential, as the official SDK makes them: to a port, and to a file. */
import { Daytona, type Sandbox } from '@daytona/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SignedPreviewUrl } from '@/lib/process-api/previews'
import type { PreviewUrl } from '@/lib/process-api/sandbox'
import { type EngineFixture, startEngine } from './engine-fixture'
import { portForProgram, startPortServer, visit } from './port-program'

let engine: EngineFixture
/** One for which no domain of previews is known. */
let unnamed: EngineFixture
let sandbox: Sandbox
let port: number

beforeAll(async () => {
  engine = await startEngine({
    env: {
      SANDGLASS_ALLOWED_HOSTS: 'engine.example.org',
      SANDGLASS_PREVIEW_HOSTS: 'preview.example.com',
      SANDGLASS_TRUSTED_PROXIES: '127.0.0.1',
      SANDGLASS_PREVIEW_LINKS: 'names',
    },
  })
  unnamed = await startEngine({ env: { SANDGLASS_ALLOWED_HOSTS: '192.168.1.5' } })
  sandbox = await new Daytona({ apiUrl: engine.apiUrl, apiKey: engine.apiKey, target: 'local' }).create()
  port = await portForProgram()
  await startPortServer(engine, sandbox.id, [['127.0.0.1', port]])
})
afterAll(async () => {
  await engine?.stop()
  await unnamed?.stop()
})

/** Follow a link as somebody who has nothing but the link. */
const follow = (link: string, headers: Record<string, string> = {}) => {
  const { host, pathname, search } = new URL(link)
  return visit(engine.port, { host, path: `${pathname}${search}`, headers })
}
const key = () => ({ authorization: `Bearer ${engine.apiKey}` })

describe('links to a port', () => {
  test('the SDK gets one with its token, which works', async () => {
    const link = await sandbox.getPreviewLink(port)
    expect(link).toEqual({
      sandboxId: sandbox.id,
      url: `http://${port}-${sandbox.id}.localhost:${engine.port}`,
      token: expect.stringMatching(/^[a-z0-9]{32}$/),
    })
    expect((await follow(`${link.url}/seen`)).status).toBe(401)
    expect((await follow(`${link.url}/seen`, { 'x-daytona-preview-token': link.token })).status).toBe(200)
  })

  test('the SDK signs one, which works alone until the SDK ends it', async () => {
    const link = await sandbox.getSignedPreviewUrl(port, 300)
    expect(link).toEqual({ sandboxId: sandbox.id, port, token: expect.any(String), url: expect.any(String) })
    expect((await follow(`${link.url}/seen`)).status).toBe(200)
    await sandbox.expireSignedPreviewUrl(port, link.token)
    expect((await follow(`${link.url}/seen`)).status).toBe(401)
  })

  test.each([['0'], ['86401'], ['-1'], ['1.5'], ['x']])('one of %s seconds is refused', async (seconds) => {
    const route = `/sandbox/${sandbox.id}/ports/${port}/signed-preview-url?expiresInSeconds=${seconds}`
    const refused = await engine.api('GET', route)
    expect([refused.status, refused.json<{ message: string }>().message]).toEqual([
      400,
      'expiresInSeconds must be between 1 second and 24 hours',
    ])
  })

  test.each(['0', '65536', 'x'])('port %s is refused', async (wrong) => {
    for (const route of ['preview-url', 'signed-preview-url']) {
      const refused = await engine.api('GET', `/sandbox/${sandbox.id}/ports/${wrong}/${route}`)
      expect([refused.status, refused.json<{ message: string }>().message]).toEqual([400, 'Invalid port'])
    }
  })

  test('they are below the name by which the client came, with the protocol of what stands in front', async () => {
    const links = async (headers: Record<string, string>) => {
      const ask = async (route: string) =>
        await visit(engine.port, {
          path: `/api/sandbox/${sandbox.id}/ports/${port}/${route}`,
          headers: { ...key(), ...headers },
        })
      return { plain: await ask('preview-url'), signed: await ask('signed-preview-url') }
    }
    const behind = await links({ host: 'preview.example.com:8443', 'x-forwarded-proto': 'https' })
    expect(behind.plain.json<PreviewUrl>().url).toBe(`https://${port}-${sandbox.id}.preview.example.com:8443`)
    const { url, token } = behind.signed.json<SignedPreviewUrl>()
    expect(url).toBe(`https://${port}-${token}.preview.example.com:8443`)
    expect((await follow(`${url}/seen`)).status).toBe(200)
    const named = await links({ host: 'console.localhost:9999' })
    expect(named.plain.json<PreviewUrl>().url).toBe(`http://${port}-${sandbox.id}.localhost:9999`)
    const other = await links({ host: 'engine.example.org' })
    expect(other.plain.json<PreviewUrl>().url).toBe(`https://${port}-${sandbox.id}.preview.example.com`)
  })

  test('where no domain for them is known, programs find a port below the path, and no link is signed', async () => {
    const { id } = await unnamed.createSandbox()
    await startPortServer(unnamed, id, [['127.0.0.1', port]])
    const headers = { authorization: `Bearer ${unnamed.apiKey}`, host: '192.168.1.5:8080' }
    const ask = (path: string) => visit(unnamed.port, { path, headers })
    const route = `/api/sandbox/${id}/ports/${port}`
    const { url } = (await ask(`${route}/preview-url`)).json<PreviewUrl>()
    expect(url).toBe(`http://192.168.1.5:8080/toolbox/${id}/proxy/${port}/`)
    expect((await ask(`${new URL(url).pathname}seen`)).status).toBe(200)
    const signed = await ask(`${route}/signed-preview-url`)
    expect([signed.status, signed.json<{ message: string }>().message]).toEqual([
      400,
      expect.stringContaining('SANDGLASS_PREVIEW_HOSTS'),
    ])
  })

  test('a proxy of its own can ask whom to let in', async () => {
    const { token } = await sandbox.getSignedPreviewUrl(port)
    const link = await sandbox.getPreviewLink(port)
    const ask = async (route: string) => {
      const { status, text } = await engine.api('GET', `/preview/${route}`)
      return [status, text]
    }
    const id = sandbox.id
    expect(await ask(`${token}/${port}/sandbox-id`)).toEqual([200, id])
    expect((await ask(`${token}/${port + 1}/sandbox-id`))[0]).toBe(403)
    expect((await ask(`nothing/${port}/sandbox-id`))[0]).toBe(403)
    expect(await ask(`${id}/validate/${link.token}`)).toEqual([200, 'true'])
    expect((await ask(`${id}/validate/wrong`))[0]).toBe(404)
    expect(await ask(`${id}/access`)).toEqual([200, 'true'])
    expect((await ask('nothing/access'))[0]).toBe(404)
    expect(await ask(`${id}/preview-warning`)).toEqual([200, '{"enabled":false}'])
    expect(await ask(`${token}/preview-warning?port=${port}`)).toEqual([200, '{"enabled":false}'])
    expect((await ask(`${token}/preview-warning?port=${port + 1}`))[0]).toBe(403)
    expect((await ask(`${id}/public`))[0]).toBe(404)
    await engine.api('POST', `/sandbox/${id}/public/true`)
    expect(await ask(`${id}/public`)).toEqual([200, 'true'])
    await engine.api('POST', `/sandbox/${id}/public/false`)
    await sandbox.expireSignedPreviewUrl(port, token)
    expect((await ask(`${token}/${port}/sandbox-id`))[0]).toBe(403)
    for (const route of ['public', `validate/${link.token}`, 'access', 'signing-key', 'preview-warning']) {
      expect((await fetch(`${engine.apiUrl}/preview/${id}/${route}`)).status).toBe(401)
    }
    expect((await fetch(`${engine.apiUrl}/preview/${token}/${port}/sandbox-id`)).status).toBe(401)
  })
})

describe('links to a file', () => {
  const name = 'a b+ü%20.txt'

  test('the SDK makes them for a download and for an upload, and they work alone', async () => {
    const form = new FormData()
    form.set('file', new Blob(['by link']))
    const sent = await fetch(await sandbox.uploadUrl(name), { method: 'POST', body: form })
    expect([sent.status, (await sent.json()).name]).toEqual([200, name])
    const got = await fetch(await sandbox.downloadUrl(name))
    expect([got.status, await got.text()]).toEqual([200, 'by link'])
    const head = await fetch(await sandbox.downloadUrl(name), { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '7', ''])
    const never = await sandbox.downloadUrl(name, 0)
    expect([never.includes('expires=0&'), (await fetch(never)).status]).toEqual([true, 200])
  })

  test('a changed link is worth nothing', async () => {
    const link = new URL(await sandbox.downloadUrl(name))
    const changed = (change: (url: URL) => void) => {
      const copy = new URL(link)
      change(copy)
      return copy
    }
    const refusal = async (url: URL, method = 'GET') => {
      const answer = await fetch(url, { method })
      return [answer.status, (await answer.json()).message]
    }
    const other = await engine.createSandbox()
    for (const url of [
      changed((it) => it.searchParams.set('path', '/etc/passwd')),
      changed((it) => it.searchParams.set('expires', '0')),
      changed((it) => it.searchParams.set('expires', String(Number(it.searchParams.get('expires')) + 1))),
      changed((it) => it.searchParams.set('signature', `v1_${'A'.repeat(43)}`)),
      changed((it) => (it.pathname = it.pathname.replace(sandbox.id, other.id))),
      changed((it) => (it.pathname = it.pathname.replace(sandbox.id, 'nothing'))),
    ]) {
      expect(await refusal(url)).toEqual([401, 'unauthorized: invalid signature'])
    }
    for (const parameter of ['path', 'expires', 'signature']) {
      const value = parameter === 'path' ? '/etc/passwd' : '0'
      for (const search of [`${link.search}&${parameter}=${value}`, `?${parameter}=${value}&${link.search.slice(1)}`]) {
        expect(await refusal(changed((it) => (it.search = search)))).toEqual([
          401,
          `unauthorized: ${parameter} query parameter is missing or invalid`,
        ])
      }
    }
    expect(await refusal(changed((it) => it.searchParams.delete('expires')))).toEqual([
      401,
      'unauthorized: expires query parameter is missing or invalid',
    ])
    for (const [method, route] of [
      ['POST', '/files/upload-v2'],
      ['POST', '/files/upload'],
      ['GET', '/files/info'],
      ['GET', '/files'],
      ['DELETE', '/files'],
      ['GET', '/files/download/'],
    ] as const) {
      const url = changed((it) => (it.pathname = it.pathname.replace('/files/download', route)))
      expect((await fetch(url, { method })).status).toBe(401)
    }
    const over = new URL(await sandbox.downloadUrl(name, 1))
    over.searchParams.set('expires', '1')
    expect((await fetch(over)).status).toBe(401)
    await engine.api('DELETE', `/sandbox/${other.id}`)
  })

  test('a wrong signature is not made good by another credential, and nothing else needs one', async () => {
    const link = new URL(await sandbox.downloadUrl(name))
    expect(
      (await fetch(`${link.origin}${link.pathname}?path=${encodeURIComponent(name)}`, { headers: key() })).status,
    ).toBe(200)
    link.searchParams.set('signature', 'v1_x')
    expect((await fetch(link, { headers: key() })).status).toBe(401)
  })

  test('they outlive a start of the sandbox and end with their key', async () => {
    const link = await sandbox.downloadUrl(name)
    await sandbox.stop()
    const stopped = await fetch(link)
    expect([stopped.status, (await stopped.json()).message]).toEqual([409, expect.stringContaining('start it first')])
    await sandbox.start()
    await engine.kill9()
    await engine.restart()
    expect((await fetch(link)).status).toBe(200)
    await sandbox.rotateSigningKey()
    expect((await fetch(link)).status).toBe(401)
    expect((await fetch(await sandbox.downloadUrl(name))).status).toBe(200)
    const asked = await engine.api('GET', `/sandbox/${sandbox.id}/signing-key`)
    expect([asked.headers.get('content-type'), asked.headers.get('cache-control')]).toEqual([
      'text/plain; charset=utf-8',
      'no-store',
    ])
    expect((await engine.api('GET', `/preview/${sandbox.id}/signing-key`)).text).toBe(asked.text)
    expect((await fetch(`${engine.apiUrl}/sandbox/${sandbox.id}/signing-key`)).status).toBe(401)
  })
})

test('the SDK changes the environment and reads the metrics', async () => {
  await sandbox.updateEnv({ BY_SDK: 'yes' }, { unset: ['LC_ALL'] })
  const { result } = await sandbox.process.executeCommand('printf "%s %s" "$BY_SDK" "$LC_ALL"')
  expect(result).toBe('yes ')
  const metrics = await sandbox.getMetricsLatest()
  expect(metrics.timestamp).toBeInstanceOf(Date)
  expect(Math.min(metrics.cpuCount, metrics.memTotal, metrics.memUsed, metrics.diskTotal)).toBeGreaterThan(0)
})
