import { createHash } from 'node:crypto'
import { expect, test } from '@playwright/test'
import type { JournalRef } from '@/lib/live/protocol'
import { LiveViewer } from './support/live-viewer'
import { launchProduct, type Product } from './support/product'
import { sendRawRequest } from './support/raw-http'

/** A separate product instance, because these tests kill its processes. */
let product: Product
let consoleUrl: string
let cookie: string
let sandboxId: string
const viewers: LiveViewer[] = []

test.describe.configure({ mode: 'serial' })

test.beforeAll(async () => {
  // The first start of a changed tree builds it.
  test.setTimeout(200_000)
  product = await launchProduct()
  const { signInUrl, apiUrl, ...connection } = await product.connection()
  // The port stays the same; while the console restarts, its address is not in the file.
  consoleUrl = connection.consoleUrl
  const response = await fetch(signInUrl, { redirect: 'manual' })
  cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''
  sandboxId = (await call<{ id: string }>('POST', `${apiUrl}/sandbox`, {})).id
})
test.afterEach(() => {
  for (const viewer of viewers.splice(0)) viewer.close()
})
test.afterAll(async () => {
  await product.stop()
  await product.remove()
})

async function call<Result>(method: string, url: string, body?: unknown): Promise<Result> {
  const { apiKey } = await product.connection()
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${url} returned ${response.status}: ${text}`)
  return text === '' ? (undefined as Result) : JSON.parse(text)
}

/** Starts a command as a run and follows it. */
async function follow(command: string): Promise<LiveViewer> {
  const { toolboxUrl } = await product.connection()
  const run = await call<{ id: string }>('POST', `${toolboxUrl}/${sandboxId}/process/run`, { kind: 'command', command })
  return watch({ kind: 'run', sandboxId, runId: run.id })
}

function watch(ref: JournalRef): LiveViewer {
  const viewer = new LiveViewer(consoleUrl, cookie, ref)
  viewers.push(viewer)
  return viewer
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

async function figures() {
  return JSON.parse((await sendRawRequest(consoleUrl, '/healthz', { headers: { cookie } })).text).live
}

const lines = (count: number) => Array.from({ length: count }, (_, index) => `L${index + 1}\n`).join('')

test('a log that is disconnected twenty times arrives complete, in order and once', async () => {
  const viewer = await follow('for i in $(seq 200000); do echo L$i; done')
  const expected = lines(200_000)
  for (let cut = 1; cut <= 20; cut += 1) {
    const mark = Math.floor((expected.length * cut) / 22)
    await expect.poll(() => viewer.next > mark || viewer.end !== null, { intervals: [5] }).toBe(true)
    const { connections } = viewer
    viewer.disconnect()
    await expect.poll(() => viewer.connections, { intervals: [10] }).toBeGreaterThan(connections)
  }
  await expect.poll(() => viewer.end?.execution?.state).toBe('succeeded')
  expect(viewer.problem).toBeNull()
  expect(viewer.digest).toBe(digestOf(expected))
})

test('kill -9 of the engine: the viewer is notified, the command continues, no byte is missing', async () => {
  const viewer = await follow('for i in $(seq 400); do echo L$i; sleep 0.02; done')
  await expect.poll(() => viewer.next).toBeGreaterThan(100)
  process.kill(await product.pidOf('engine'), 'SIGKILL')
  await expect.poll(() => viewer.messages.some((it) => it.t === 'away')).toBe(true)
  await expect.poll(() => viewer.end?.execution?.state, { timeout: 45_000 }).toBe('succeeded')
  expect(viewer.connections).toBe(1)
  expect(viewer.problem).toBeNull()
  expect(viewer.text).toBe(lines(400))
})

test('kill -9 of the console: viewers reconnect with their cookie and resume at their offset', async () => {
  const viewer = await follow('for i in $(seq 300); do echo L$i; sleep 0.02; done')
  await expect.poll(() => viewer.next).toBeGreaterThan(100)
  const before = (await product.connection()).signInUrl
  process.kill(await product.pidOf('console'), 'SIGKILL')
  await expect.poll(() => viewer.end?.execution?.state, { timeout: 45_000 }).toBe('succeeded')
  expect(viewer.connections).toBeGreaterThan(1)
  expect(viewer.problem).toBeNull()
  expect(viewer.text).toBe(lines(300))
  expect((await product.connection()).signInUrl).not.toBe(before)
})

test('SIGTERM of the console closes fifty viewers, which all resume without loss', async () => {
  const first = await follow('for i in $(seq 200); do echo L$i; sleep 0.02; done')
  const all = [first, ...Array.from({ length: 49 }, () => watch(first.ref))]
  await expect.poll(() => all.every((it) => it.next > 0)).toBe(true)
  expect(await figures()).toMatchObject({ sockets: 50, channels: 50 })
  const pid = await product.pidOf('console')
  const startedAt = performance.now()
  process.kill(pid, 'SIGTERM')
  await expect.poll(() => all.every((it) => it.connections > 1)).toBe(true)
  expect(performance.now() - startedAt).toBeLessThan(20_000)
  await expect.poll(() => all.every((it) => it.end !== null)).toBe(true)
  for (const viewer of all) {
    expect(viewer.problem).toBeNull()
    expect(viewer.text).toBe(lines(200))
  }
})

test('a viewer that stops reading slows no other viewer and uses no memory', async () => {
  const slow = await follow('head -c 120000000 /dev/zero | tr "\\0" x')
  await expect.poll(() => slow.connections).toBe(1)
  slow.setPaused(true)
  const pausedAt = slow.next
  const quick = watch(slow.ref)
  await expect.poll(() => quick.next, { timeout: 40_000 }).toBe(120_000_000)
  const before = await figures()
  expect(slow.next).toBeLessThan(120_000_000)
  expect(slow.next - pausedAt).toBeLessThan(10_000_000)
  slow.setPaused(false)
  await expect.poll(() => slow.next, { timeout: 40_000 }).toBe(120_000_000)
  expect(slow.problem).toBeNull()
  expect(before.sockets).toBe(2)
})

test('no sockets are left after all viewers disconnect', async () => {
  await Promise.all(Array.from({ length: 30 }, () => follow('echo hi; sleep 30')))
  await expect.poll(async () => (await figures()).targetSockets).toBe(30)
  for (const viewer of viewers.splice(0)) viewer.close()
  await expect.poll(figures).toMatchObject({ sockets: 0, channels: 0, targetSockets: 0 })
})
