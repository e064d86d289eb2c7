import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from './support/fixtures'
import { cookieOf, sendRawRequest, upgradeHeaders } from './support/raw-http'

const noSession = { cookies: [], origins: [] }
const action = { 'next-action': '7f'.padEnd(42, '0'), 'content-type': 'text/plain;charset=UTF-8' }

/** Cookie, origin and host of the session of the global setup. */
async function session(storageState: unknown, consoleUrl: string) {
  const cookie = await cookieOf(String(storageState))
  return { cookie, origin: consoleUrl, host: new URL(consoleUrl).host }
}

async function freshLink(): Promise<string> {
  const text = await readFile(join(process.env.SANDGLASS_E2E_DATA ?? '', 'connection.json'), 'utf8')
  return JSON.parse(text).signInUrl
}

/** A new link, as `npm run sign-in` prints it. */
async function printedLink(): Promise<string> {
  const env = { ...process.env, SANDGLASS_DATA_DIR: process.env.SANDGLASS_E2E_DATA ?? '' }
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/sign-in.mjs'], { env })
  const [link] = /http\S+/.exec(stdout) ?? []
  if (link === undefined) throw new Error(`no link in: ${stdout}`)
  return link
}

test.describe('a visitor without a session', () => {
  test.use({ storageState: noSession })

  test('is redirected to the sign-in page, with the return path', async ({ page }) => {
    await page.goto('/sandboxes/5f0c0b2e-2f63-4d0e-9a53-0f6f3c8c1a11/run?x=1')
    const url = new URL(page.url())
    expect(url.pathname).toBe('/sign-in')
    expect(url.searchParams.get('next')).toBe('/sandboxes/5f0c0b2e-2f63-4d0e-9a53-0f6f3c8c1a11/run?x=1')
  })

  test('is refused every read, download, action and upgrade', async ({ connection: { consoleUrl } }) => {
    const origin = consoleUrl
    const id = '5f0c0b2e-2f63-4d0e-9a53-0f6f3c8c1a11'
    for (const path of [
      '/api/targets/local/sandboxes',
      `/api/targets/local/sandboxes/${id}/runs/${id}/journal/download`,
      '/_next/static/../../api/targets/local/sandboxes',
      '/_next/static/%2e%2e/%2e%2e/api/targets/local/sandboxes',
    ]) {
      const response = await sendRawRequest(consoleUrl, path)
      expect(response.status, path).toBe(401)
      expect(JSON.parse(response.text)).toMatchObject({ error: { code: 'UNAUTHORIZED' } })
    }
    for (const path of ['/', '/sign-in', '/_next/static/x.js']) {
      const response = await sendRawRequest(consoleUrl, path, {
        method: 'POST',
        headers: { origin, ...action },
        body: '[]',
      })
      expect(response.status, path).toBe(401)
    }
    expect((await sendRawRequest(consoleUrl, '/live', { headers: { ...upgradeHeaders, origin } })).status).toBe(401)
    const forged = { cookie: `sandglass-${new URL(consoleUrl).port}=1.${'a'.repeat(22)}.1900000000.${'b'.repeat(43)}` }
    expect((await sendRawRequest(consoleUrl, '/api/targets/local/sandboxes', { headers: forged })).status).toBe(401)
  })

  test('gets only the status and build from the health check', async ({ connection: { consoleUrl } }) => {
    const response = await sendRawRequest(consoleUrl, '/healthz')
    expect(response.status).toBe(200)
    expect(Object.keys(JSON.parse(response.text)).sort()).toEqual(['build', 'status'])
  })

  test('is signed in once by a link, which is then replaced in the file', async ({ page, browser }) => {
    const link = await freshLink()
    await page.goto(`${link}&next=/sandboxes`)
    expect(new URL(page.url()).pathname).toBe('/sandboxes')
    const [cookie] = await page.context().cookies()
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' })
    await expect.poll(freshLink).not.toBe(link)

    const other = await browser.newContext({ storageState: noSession })
    const second = await other.newPage()
    await second.goto(link)
    expect(new URL(second.url()).pathname).toBe('/sign-in')
    expect(await other.cookies()).toEqual([])
    await other.close()
  })

  test('signs out permanently', async ({ page, connection: { consoleUrl } }) => {
    await page.goto(await printedLink())
    const [kept] = await page.context().cookies()
    const headers = { cookie: `${kept?.name}=${kept?.value}` }
    expect((await sendRawRequest(consoleUrl, '/api/targets/local/sandboxes', { headers })).status).toBe(200)
    const out = await sendRawRequest(consoleUrl, '/sign-out', {
      method: 'POST',
      headers: { ...headers, origin: consoleUrl },
    })
    expect(out).toMatchObject({ status: 303, headers: { location: './sign-in' } })
    expect((await sendRawRequest(consoleUrl, '/api/targets/local/sandboxes', { headers })).status).toBe(401)
  })
})

test.describe('a signed-in browser', () => {
  test('is served only under the host names of the console', async ({ connection: { consoleUrl }, storageState }) => {
    const { cookie, host } = await session(storageState, consoleUrl)
    for (const name of [host, host.replace('127.0.0.1', 'localhost')]) {
      const response = await sendRawRequest(consoleUrl, '/api/targets/local/sandboxes', {
        headers: { cookie, host: name },
      })
      expect(response.status, name).toBe(200)
    }
    for (const name of ['evil.example', 'localhost', 'localhost:1', `${host}.evil.example`]) {
      for (const path of ['/', '/api/targets/local/sandboxes', '/healthz', '/sign-in', '/_next/static/x.js']) {
        const response = await sendRawRequest(consoleUrl, path, { headers: { cookie, host: name } })
        expect(response.status, `${name} ${path}`).toBe(403)
      }
      const headers = { ...upgradeHeaders, cookie, host: name, origin: `http://${name}` }
      expect((await sendRawRequest(consoleUrl, '/live', { headers })).status).toBe(403)
    }
  })

  test('is protected from pages of other origins', async ({ connection: { consoleUrl }, storageState }) => {
    const { cookie, origin } = await session(storageState, consoleUrl)
    const post = (headers: Record<string, string>) =>
      sendRawRequest(consoleUrl, '/', { method: 'POST', headers: { cookie, ...action, ...headers }, body: '[]' })
    const upgrade = (headers: Record<string, string>) =>
      sendRawRequest(consoleUrl, '/live', { headers: { ...upgradeHeaders, cookie, ...headers } })
    for (const foreign of ['http://localhost:5173', 'http://evil.example', 'null', `${origin}.evil.example`]) {
      expect((await post({ origin: foreign })).status, foreign).toBe(403)
      expect((await post({ origin: foreign, 'x-forwarded-host': new URL(origin).host })).status, foreign).toBe(403)
      expect((await upgrade({ origin: foreign })).status, foreign).toBe(403)
    }
    expect((await post({})).status).toBe(403)
    expect((await upgrade({ 'user-agent': 'Mozilla/5.0' })).status).toBe(403)
    expect((await upgrade({ origin })).status).toBe(101)
    // Admitted to Next, which does not know this action.
    expect((await post({ origin })).status).toBe(409)
  })

  test('can upgrade only to the live connection', async ({ connection: { consoleUrl }, storageState }) => {
    const { cookie, origin } = await session(storageState, consoleUrl)
    for (const path of ['/', '/_next/hmr', '/live/x', '/sandboxes/a']) {
      const headers = { ...upgradeHeaders, cookie, origin }
      await expect(sendRawRequest(consoleUrl, path, { headers }), path).rejects.toThrow(/hang up|ECONNRESET/)
    }
  })

  test('gets a clear message when an action is too large', async ({ connection: { consoleUrl }, storageState }) => {
    const { cookie, origin } = await session(storageState, consoleUrl)
    const body = 'x'.repeat(33 * 1024 * 1024)
    const response = await sendRawRequest(consoleUrl, '/', {
      method: 'POST',
      headers: { cookie, origin, ...action },
      body,
    })
    expect(response.status).toBe(413)
    expect(response.text).toContain('larger than the 32 MB')
  })

  test('loads its pages without violations of the content security policy', async ({ page }) => {
    const violations: string[] = []
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) violations.push(message.text())
    })
    const response = await page.goto('/')
    const policy = response?.headers()['content-security-policy'] ?? ''
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/script-src[^;]*unsafe/)
    expect(response?.headers()).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': expect.stringContaining('no-store'),
    })
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await expect(page.getByRole('status').filter({ hasText: 'connected' })).toBeVisible()
    expect(violations).toEqual([])
  })

  test('gets an error for invalid and unknown ids', async ({ connection: { consoleUrl }, storageState, sandbox }) => {
    const { cookie } = await session(storageState, consoleUrl)
    const sessions = `/api/targets/local/sandboxes/${sandbox.id}/sessions`
    for (const path of [
      '/api/targets/local/sandboxes/..%2F..',
      '/api/targets/local/sandboxes/a%2Fb',
      `/api/targets/local/sandboxes/${'a'.repeat(300)}`,
      `${sessions}/..%2F..`,
      `${sessions}/a%00b`,
      `${sessions}/a%2Fb`,
      `${sessions}/${'a'.repeat(300)}`,
      `${sessions}/s/commands/..%2F/journal/download`,
      '/api/targets/local/sandboxes?limit=-1',
      '/api/targets/local/sandboxes?limit=x',
      '/%',
    ]) {
      const response = await sendRawRequest(consoleUrl, path, { headers: { cookie } })
      expect([400, 404], path).toContain(response.status)
    }
    const unknown = await sendRawRequest(consoleUrl, `${sessions}/none`, { headers: { cookie } })
    expect(unknown.status).toBe(404)
    expect(JSON.parse(unknown.text)).toMatchObject({ error: { code: 'NOT_FOUND', message: expect.any(String) } })
    const target = await sendRawRequest(consoleUrl, '/api/targets/nowhere/sandboxes', { headers: { cookie } })
    expect(JSON.parse(target.text)).toMatchObject({ error: { code: 'TARGET_UNKNOWN' } })
  })

  test('downloads exactly the bytes that were printed', async ({ connection, storageState, sandbox }) => {
    const { consoleUrl } = connection
    const { cookie } = await session(storageState, consoleUrl)
    const code = String.raw`import os
os.write(1, bytes(range(256)) * 1000)
os.write(2, b"\x01\x01\x01err\xff\x00\n")`
    const { id } = await sandbox.toolbox<{ id: string }>('POST', '/process/run', {
      kind: 'code',
      language: 'python',
      code,
    })
    await expect
      .poll(async () => (await sandbox.toolbox<{ state: string }>('GET', `/process/run/${id}`)).state)
      .toBe('succeeded')
    const url = `${consoleUrl}/api/targets/local/sandboxes/${sandbox.id}/runs/${id}/journal/download`
    const get = async (query: string, headers: Record<string, string> = {}) => {
      const response = await fetch(url + query, { headers: { cookie, ...headers } })
      return { response, bytes: Buffer.from(await response.arrayBuffer()) }
    }
    const stdout = Buffer.concat(
      Array.from({ length: 1000 }, () => Buffer.from(Array.from({ length: 256 }, (_, n) => n))),
    )
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
    expect(digest((await get('?stream=stdout')).bytes)).toBe(digest(stdout))
    expect((await get('?stream=stderr')).bytes).toEqual(Buffer.from('\x01\x01\x01err\xff\x00\n', 'latin1'))
    const whole = await get('')
    expect(whole.bytes.byteLength).toBe(256_000 + 9)
    expect(whole.response.headers.get('content-disposition')).toBe(`attachment; filename="run-${id.slice(0, 8)}.log"`)
    const part = await get('', { range: 'bytes=5-9' })
    expect(part.response.status).toBe(206)
    expect(part.bytes).toEqual(whole.bytes.subarray(5, 10))
    expect((await get('?stream=both')).response.status).toBe(400)
  })
})
