/** What the user sees when the network, the tab or the engine fails while a log is open. Uses its own product instance. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { Log } from './pages/log'
import { RunPage } from './pages/run-page'
import { launchProduct, type Product } from './support/product'
import { type SilentProxy, startSilentProxy } from './support/silent-proxy'

test.describe.configure({ mode: 'serial' })

let product: Product
let proxy: SilentProxy
let page: Page
let consolePort = 0
let sandboxId: string

test.beforeAll(async ({ browser }) => {
  test.setTimeout(200_000)
  proxy = await startSilentProxy(() => consolePort)
  product = await launchProduct({ env: { SANDGLASS_ALLOWED_HOSTS: `127.0.0.1:${proxy.port}` } })
  const { signInUrl, consoleUrl, apiUrl } = await product.connection()
  consolePort = Number(new URL(consoleUrl).port)
  const baseURL = `http://127.0.0.1:${proxy.port}`
  const permissions = ['clipboard-read', 'clipboard-write']
  page = await (await browser.newContext({ baseURL, permissions })).newPage()
  await page.goto(signInUrl.replace(consoleUrl, baseURL))
  sandboxId = (await call<{ id: string }>(`${apiUrl}/sandbox`, {})).id
})
test.afterAll(async () => {
  await page.context().close()
  proxy.close()
  await product.stop()
  await product.remove()
})

async function call<Result>(url: string, body: unknown): Promise<Result> {
  const { apiKey } = await product.connection()
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${url} returned ${response.status}`)
  return await response.json()
}

async function toolbox<Result>(path: string, body: unknown): Promise<Result> {
  const { toolboxUrl } = await product.connection()
  return await call<Result>(`${toolboxUrl}/${sandboxId}/process/${path}`, body)
}

/** Starts a command and opens its log. The command prints numbered lines until the file exists, then `over`. */
async function watch(file: string): Promise<Log> {
  const command = `i=0; until [ -e ${file} ]; do i=$((i + 1)); echo L$i; sleep 0.02; done; echo over`
  const { id } = await toolbox<{ id: string }>('run', { kind: 'command', command })
  const runner = new RunPage(page, sandboxId)
  await page.goto(`/sandboxes/${sandboxId}/run/${id}`)
  const log = new Log(runner.output)
  await log.expectText('L')
  return log
}

/** Ends the command and expects every line exactly once and in order. */
async function expectWhole(log: Log, file: string): Promise<void> {
  await toolbox('execute', { command: `touch ${file}` })
  await expect.poll(async () => (await log.lines()).at(-1), { timeout: 30_000 }).toBe('over')
  await expect(log.pane.getByText('exit 0', { exact: true })).toBeVisible()
  const shown = (await log.copyLoaded()).trimEnd().split('\n')
  expect(shown).toEqual([...Array.from({ length: shown.length - 1 }, (_, index) => `L${index + 1}`), 'over'])
}

test('a half-open connection: the page notices it, says so, and resumes without a gap', async () => {
  const log = await watch('half-open')
  const status = page.getByRole('contentinfo')
  await expect(log.pane.locator('header')).toContainText('live')
  proxy.silence()
  // Returning to the tab checks the connection at once; an idle tab takes some seconds longer.
  await page.evaluate(() => window.dispatchEvent(new Event('focus')))
  await expect(status).toContainText('reconnecting')
  await expect(log.pane.getByText('Reconnecting').first()).toBeAttached()
  await expect(log.pane.locator('header')).toContainText('running')
  proxy.restore()
  await log.pane.getByRole('button', { name: 'Retry' }).click()
  await expect(log.pane.locator('header')).toContainText('live')
  await expect(status).toContainText('connected')
  proxy.drop()
  await expectWhole(log, 'half-open')
})

test('a visible tab on a silent network says so within 10 s, and one that wakes up is live within 3 s', async () => {
  const log = await watch('silent')
  const status = page.getByRole('contentinfo')
  const connected = () => expect(log.pane.locator('header')).toContainText('live')
  await connected()
  proxy.silence()
  await expect(status).toContainText('reconnecting', { timeout: 10_000 })
  // The new connection hangs as well, as after a change of network.
  proxy.restore()
  await page.evaluate(() => window.dispatchEvent(new Event('online')))
  await expect(status).toContainText('connected', { timeout: 3_000 })
  proxy.drop()
  await connected()

  proxy.silence()
  proxy.restore()
  await page.evaluate(() => document.dispatchEvent(new Event('resume')))
  await expect.poll(() => proxy.opened, { timeout: 3_000 }).toBe(true)
  await expect(status).toContainText('connected', { timeout: 3_000 })
  proxy.drop()
  await expectWhole(log, 'silent')
})

test('a frozen tab resumes where it stopped', async () => {
  const log = await watch('frozen')
  const devtools = await page.context().newCDPSession(page)
  const printed = async () =>
    Number((await toolbox<{ result: string }>('execute', { command: 'cat frozen-count 2>/dev/null || echo 0' })).result)
  await devtools.send('Page.setWebLifecycleState', { state: 'frozen' })
  // Meanwhile the tab misses about fifty lines of the counting command.
  await toolbox('execute', { command: 'for i in $(seq 50); do echo $i > frozen-count; sleep 0.02; done' })
  expect(await printed()).toBe(50)
  await devtools.send('Page.setWebLifecycleState', { state: 'active' })
  await devtools.detach()
  await expectWhole(log, 'frozen')
})

/** The pid of the sandbox's toolbox, from the engine's own record: it is not visible inside the sandbox. */
async function toolboxPid(): Promise<number> {
  const note = JSON.parse(await readFile(path.join(product.dataDir, 'sandboxes', sandboxId, 'runtime.json'), 'utf8'))
  return (note.toolbox ?? note.main).pid
}

test('the engine is killed while a log is open: the page says so, and no output is missing', async () => {
  const log = await watch('engine')
  process.kill(await product.pidOf('engine'), 'SIGKILL')
  await expect(log.pane.getByText('reconnecting').first()).toBeAttached()
  await expect(page.getByRole('contentinfo')).toContainText('connected')
  await expect(log.pane.locator('header')).toContainText('live', { timeout: 30_000 })
  await expectWhole(log, 'engine')
})

test('a toolbox is killed during a run: its result is unknown and never green, and the sandbox comes back', async () => {
  const log = await watch('never')
  process.kill(await toolboxPid(), 'SIGKILL')
  await expect(log.pane.locator('header')).toContainText('unknown', { timeout: 30_000 })
  await expect(log.pane).toContainText('how it ended is unknown')
  await log.expectText('L')
  const runner = new RunPage(page, sandboxId)
  await runner.choose('Shell')
  await runner.write('echo back')
  await runner.start()
  await log.expectLines(['back'])
})

test('more tabs than the browser allows connections all load and follow', async () => {
  // Eight tabs start at the same time on what may be a single free core.
  test.setTimeout(300_000)
  const log = await watch('tabs')
  const address = page.url()
  const context = page.context()
  const tabs = await Promise.all(Array.from({ length: 7 }, () => context.newPage()))
  await Promise.all(tabs.map((tab) => tab.goto(address)))
  const logs = tabs.map((tab) => new Log(new RunPage(tab, sandboxId).output))
  // A background tab renders nothing, so bring each one to the front.
  for (const [index, tab] of tabs.entries()) {
    await tab.bringToFront()
    await expect(logs[index]?.pane.locator('header') ?? tab.locator('none')).toContainText('live', { timeout: 120_000 })
    await logs[index]?.expectText('L')
  }
  await page.bringToFront()
  await expectWhole(log, 'tabs')
  await Promise.all(tabs.map((tab) => tab.close()))
})
