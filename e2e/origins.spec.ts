/**
 * Attacks by other pages in a signed-in browser. Uses its own product with an allowed host name, and sandboxes that share
 * the machine's network, so that their pages have the console's host name on another port.
 */
import { expect, type Page, type Request, test } from '@playwright/test'
import { WebSocket } from 'ws'
import { portForProgram, startPortServer } from '../lib/engine/test/port-program'
import type { ServerMessage } from '../lib/live/protocol'
import { RunPage } from './pages/run-page'
import { type Connection, launchProduct, type Product } from './support/product'
import { sendRawRequest, upgradeHeaders } from './support/raw-http'

test.describe.configure({ mode: 'serial' })

const name = 'box.localhost'
const maxSockets = 4

let product: Product
let connection: Connection
let page: Page
let cookie: string
let sandboxId: string
/** Origin where a program of the sandbox serves a page under the console's own host name. */
let hostile: string
let action: { url: string; id: string; body: string }

/** The console's origin under the allowed host name. */
const consoleUrl = () => connection.consoleUrl.replace('127.0.0.1', name)

test.beforeAll(async ({ browser }) => {
  test.setTimeout(300_000)
  product = await launchProduct({
    env: {
      SANDGLASS_ALLOWED_HOSTS: name,
      SANDGLASS_ISOLATION: 'none',
      SANDGLASS_LIVE_SOCKETS_PER_SESSION: String(maxSockets),
    },
  })
  connection = await product.connection()
  const { signInUrl, toolboxUrl, apiKey } = connection
  sandboxId = (await call<{ id: string }>('POST', `${connection.apiUrl}/sandbox`, { public: true })).id
  const port = await portForProgram()
  const toolbox = (id: string, method: string, route: string, body?: unknown) =>
    ask(method, `${toolboxUrl}/${id}${route}`, body)
  await startPortServer({ toolboxUrl, apiKey, toolbox }, sandboxId, [['127.0.0.1', port]])
  hostile = `http://${name}:${port}`

  page = await (await browser.newContext({ baseURL: consoleUrl() })).newPage()
  await page.goto(signInUrl.replace('127.0.0.1', name))
  const [session] = await page.context().cookies(consoleUrl())
  cookie = `${session?.name}=${session?.value}`
})
test.afterAll(async () => {
  await page.context().close()
  await product.stop()
  await product.remove()
})

async function ask(method: string, url: string, body?: unknown) {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${connection.apiKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: <Value>() => JSON.parse(text) as Value }
}

async function call<Result>(method: string, url: string, body?: unknown): Promise<Result> {
  const answer = await ask(method, url, body)
  if (answer.status >= 300) throw new Error(`${method} ${url} returned ${answer.status}: ${answer.text}`)
  return answer.json<Result>()
}

/** Submits a form, as any page can to any site, and returns the response with its request. */
async function submitForm(from: Page, url: string, field = 'x') {
  const answered = from.waitForResponse((response) => response.request().method() === 'POST')
  await from.evaluate(
    ([to, name]) => {
      const form = document.createElement('form')
      Object.assign(form, { action: to, method: 'post', enctype: 'multipart/form-data' })
      const input = document.createElement('input')
      input.name = name ?? ''
      form.append(input)
      document.body.append(form)
      form.submit()
    },
    [url, field],
  )
  await from.waitForURL(url)
  return await answered
}

const runs = async () => {
  const url = `${connection.toolboxUrl}/${sandboxId}/process/run`
  return (await call<{ runs: unknown[] }>('GET', url)).runs.length
}

test('the console is served under the allowed name, and its own pages may do everything', async () => {
  const runner = new RunPage(page, sandboxId)
  await runner.open()
  await runner.choose('Shell')
  await runner.write('echo of our own page')
  const isAction = (request: Request) => request.method() === 'POST' && 'next-action' in request.headers()
  const [sent] = await Promise.all([page.waitForRequest(isAction), runner.start()])
  await expect(runner.log).toContainText('of our own page')
  action = { url: sent.url(), id: sent.headers()['next-action'] ?? '', body: sent.postData() ?? '' }
  expect(action.id).not.toBe('')
})

test('the page of a sandbox under the same name can run and read nothing, though the browser sends the cookie', async () => {
  const before = await runs()
  const stranger = await page.context().newPage()
  await stranger.goto(`${hostile}/page`)
  const response = await submitForm(stranger, action.url, `$ACTION_ID_${action.id}`)
  const { cookie: carried, origin, 'sec-fetch-site': site } = await response.request().allHeaders()
  expect([carried, origin, site]).toEqual([expect.stringContaining(cookie), hostile, 'same-site'])
  expect(response.status()).toBe(403)

  await stranger.goto(`${hostile}/page`)
  const tried = await stranger.evaluate(
    async ({ action, live }) => {
      const headers = { 'next-action': action.id, 'content-type': 'text/plain;charset=UTF-8' }
      const fetched = await fetch(action.url, { method: 'POST', headers, body: action.body, credentials: 'include' })
        .then(({ status }) => status)
        .catch(() => 'failed')
      const read = await fetch(new URL('/api/targets/local/sandboxes', action.url), { credentials: 'include' })
        .then(({ status }) => status)
        .catch(() => 'failed')
      const socket = new WebSocket(live)
      const opened = await new Promise((resolve) => {
        socket.onopen = () => resolve('open')
        socket.onerror = () => resolve('refused')
      })
      return [fetched, read, opened]
    },
    { action, live: `${consoleUrl().replace('http', 'ws')}/live` },
  )
  expect(tried).toEqual(['failed', 'failed', 'refused'])
  expect(await runs()).toBe(before)
  await stranger.close()
})

test('actions, upgrades and sign-out are refused for every other origin, whatever headers it sends', async () => {
  const own = consoleUrl()
  const { host, port } = new URL(own)
  const before = await runs()
  const foreign = [
    hostile,
    `http://${name}`,
    `https://${host}`,
    `https://${name}:8443`,
    `http://8000.${host}`,
    `http://localhost:${port}`,
    `http://127.0.0.1:${port}`,
    'http://box.localhost.evil.example',
    'null',
  ]
  const claims = (origin: string): Record<string, string>[] => [
    {},
    { 'x-forwarded-host': host },
    { 'x-forwarded-host': new URL(origin === 'null' ? own : origin).host, 'x-forwarded-proto': 'https' },
    { forwarded: `host=${host};proto=http` },
  ]
  const path = new URL(action.url).pathname
  const send = async (headers: Record<string, string>) => {
    const sent = { cookie, host, ...headers }
    const asAction = { 'next-action': action.id, 'content-type': 'text/plain;charset=UTF-8' }
    const answers = [
      await sendRawRequest(connection.consoleUrl, path, {
        method: 'POST',
        headers: { ...sent, ...asAction },
        body: action.body,
      }),
      await sendRawRequest(connection.consoleUrl, '/sign-out', { method: 'POST', headers: sent }),
      await sendRawRequest(connection.consoleUrl, '/live', { headers: { ...sent, ...upgradeHeaders } }),
    ]
    return answers.map(({ status }) => status)
  }
  for (const origin of foreign) {
    for (const claim of claims(origin)) expect(await send({ origin, ...claim }), origin).toEqual([403, 403, 403])
  }
  for (const site of ['same-site', 'cross-site']) {
    expect(await send({ origin: own, 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate' })).toEqual([403, 403, 403])
  }
  expect(await runs()).toBe(before)
  // The same request with the headers of a console page is accepted.
  const asAction = {
    'next-action': action.id,
    'content-type': 'text/plain;charset=UTF-8',
    'sec-fetch-site': 'same-origin',
  }
  const headers = { cookie, host, origin: own, ...asAction }
  expect(
    (await sendRawRequest(connection.consoleUrl, path, { method: 'POST', headers, body: action.body })).status,
  ).toBe(200)
  expect(await runs()).toBe(before + 1)
})

test('a preview is another site to the browser, and cannot set cookies of the console', async () => {
  const context = page.context()
  const visitor = await context.newPage()
  const { port } = new URL(hostile)
  const preview = `http://${port}-${sandboxId}.localhost:${new URL(connection.apiUrl).port}`
  // The path-based address redirects browsers to the preview.
  await visitor.goto(`${connection.toolboxUrl}/${sandboxId}/proxy/${port}/page`)
  expect(visitor.url()).toBe(`${preview}/page`)
  await expect(visitor.getByText('all loaded')).toBeVisible()
  const local = connection.consoleUrl.replace('127.0.0.1', 'localhost')
  for (const domain of ['localhost', 'box.localhost', '127.0.0.1']) {
    await visitor.evaluate(`document.cookie = 'tossed=1; domain=${domain}; path=/'`)
  }
  for (const url of [local, connection.consoleUrl, consoleUrl()]) {
    expect((await context.cookies(url)).map((it) => it.name)).not.toContain('tossed')
    await visitor.goto(`${preview}/page`)
    const response = await submitForm(visitor, `${url}/sign-out`)
    const sent = await response.request().allHeaders()
    expect([response.status(), sent['sec-fetch-site'], sent.cookie]).toEqual([403, 'cross-site', undefined])
  }
  await visitor.close()
})

test('an invalid request target gets 400 before anything else is checked', async () => {
  const { host } = new URL(consoleUrl())
  const output = product.output().length
  const parts = [
    '/',
    '//',
    '.',
    '..',
    '%2e',
    '%2E%2e',
    '%2f',
    '%5c',
    '\\',
    '%',
    '%ff',
    '%00',
    '?',
    '@',
    ':',
    'a',
    '*',
    '[',
    ';',
    '_next',
    'static',
    'data',
    'image',
    'api',
    'sign-in',
  ]
  let seed = 20_261_130
  const next = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  const random = Array.from(
    { length: 400 },
    () => `/${Array.from({ length: 1 + next(8) }, () => parts[next(parts.length)]).join('')}`,
  )
  for (const target of [
    '//',
    '//x/%2e%2e',
    '//evil.example/healthz',
    '/%',
    '/%ff',
    '/a\\b',
    '/x/..//y',
    '*',
    'x',
    'http://evil.example/',
  ]) {
    for (const headers of [{}, { cookie }] as Record<string, string>[]) {
      expect(
        (await sendRawRequest(connection.consoleUrl, target, { headers: { host, ...headers } })).status,
        target,
      ).toBe(400)
      const upgrade = { host, ...headers, ...upgradeHeaders }
      expect((await sendRawRequest(connection.consoleUrl, target, { headers: upgrade })).status, target).toBe(400)
    }
  }
  for (const target of random) {
    const headers: Record<string, string> = next(2) === 0 ? { host } : { host, cookie }
    const { status } = await sendRawRequest(connection.consoleUrl, target, { headers })
    expect(status, target).toBeLessThan(500)
  }
  expect(product.output().slice(output)).not.toMatch(/\n {4}at |\\n {4}at |failed/)
})

test('one session cannot use all live connections, and gets an error that says so', async () => {
  await page.goto('about:blank')
  const own = consoleUrl()
  const { host } = new URL(own)
  const live = () =>
    new WebSocket(`${connection.consoleUrl.replace('http', 'ws')}/live`, { headers: { cookie, host, origin: own } })
  const greeted = (socket: WebSocket) =>
    new Promise<ServerMessage>((resolve, reject) => {
      socket.once('message', (data) => resolve(JSON.parse(data.toString())))
      socket.once('error', reject)
    })
  const opened: WebSocket[] = []
  await expect
    .poll(async () => {
      const socket = live()
      const first = await greeted(socket)
      if (first.t === 'hello') opened.push(socket)
      return opened.length
    })
    .toBe(maxSockets)
  const socket = live()
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  expect(await greeted(socket)).toMatchObject({
    t: 'error',
    ch: null,
    code: 'TOO_MANY_REQUESTS',
    message: expect.stringContaining('SANDGLASS_LIVE_SOCKETS_PER_SESSION'),
  })
  expect(await closed).toBe(1013)
  // A client that is not a browser gets its response before the handshake.
  const refused = await sendRawRequest(connection.consoleUrl, '/live', { headers: { cookie, host, ...upgradeHeaders } })
  expect(refused.status).toBe(429)
  // Another session has its own limit.
  const other = await page.context().browser()?.newContext()
  const second = await other?.newPage()
  await second?.goto((await product.connection()).signInUrl.replace('127.0.0.1', name))
  await expect(second?.getByRole('status').filter({ hasText: 'connected' }) ?? page.locator('nothing')).toBeVisible()
  await other?.close()
  for (const each of opened) each.terminate()
  await expect.poll(async () => (await greeted(live())).t).toBe('hello')
})

test('the output of a service contains no token', async () => {
  expect(product.output()).toContain('npm run sign-in')
  expect(product.output()).not.toContain('token=')
})
