/** Untrusted text on every page: invisible characters are shown by their code points, and copied unchanged. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { expectNothingHidden } from './support/hidden-text'
import { type HostileTarget, hostileSuffix, startHostileTarget } from './support/hostile-target'
import { launchProduct, type Product } from './support/product'

test.describe.configure({ mode: 'serial' })

const shown = '<U+202E>gpj<U+001B>[2J<U+200B><U+E0041>'

let engine: Product
let remote: HostileTarget
let product: Product
let folder: string
let page: Page
let sandboxId: string

test.beforeAll(async ({ browser }) => {
  test.setTimeout(200_000)
  engine = await launchProduct({ script: 'engine' })
  const { apiUrl, apiKey } = await engine.connection()
  remote = await startHostileTarget(new URL(apiUrl).origin)
  folder = await mkdtemp(join(tmpdir(), 'sandglass-outside-text-'))
  const file = join(folder, 'targets.json')
  await writeFile(file, JSON.stringify([{ name: 'hostile', apiUrl: remote.apiUrl, apiKey }]), { mode: 0o600 })
  product = await launchProduct({ env: { SANDGLASS_TARGETS: file } })
  const { signInUrl, consoleUrl } = await product.connection()
  const context = await browser.newContext({
    baseURL: consoleUrl,
    permissions: ['clipboard-read', 'clipboard-write'],
    viewport: { width: 1440, height: 900 },
  })
  page = await context.newPage()
  await page.goto(signInUrl)
  sandboxId = (await call<{ id: string }>('POST', `${apiUrl}/sandbox`, { name: 'box' })).id
})
test.afterAll(async () => {
  await page.context().close()
  await Promise.all([product.stop(), engine.stop()])
  await remote.close()
  await Promise.all([product.remove(), engine.remove(), rm(folder, { recursive: true })])
})

async function call<Result>(method: string, url: string, body: unknown): Promise<Result> {
  const { apiKey } = await engine.connection()
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(response.ok).toBe(true)
  const text = await response.text()
  return (text === '' ? undefined : JSON.parse(text)) as Result
}

async function toolbox<Result>(path: string, body: unknown): Promise<Result> {
  const { toolboxUrl } = await engine.connection()
  return await call('POST', `${toolboxUrl}/${sandboxId}/process/${path}`, body)
}

const at = (path: string) => `/targets/hostile/sandboxes/${sandboxId}/${path}`

test('the list of sandboxes, its menu, the delete dialog and the palette', async () => {
  await page.goto('/targets/hostile')
  await expect(page.getByRole('link', { name: `box${shown}` }).first()).toBeVisible()
  await expectNothingHidden(page)
  const menu = page.getByRole('main').getByRole('button', { name: `Actions for box${shown}` })
  await menu.hover()
  await expect(page.getByRole('tooltip')).toContainText(shown)
  await expectNothingHidden(page)
  await menu.click()
  await page.getByRole('menuitem', { name: 'Delete…' }).click()
  const dialog = page.getByRole('dialog', { name: `Delete box${shown}` })
  await expectNothingHidden(page)
  // A name that cannot be typed is confirmed the way it is shown.
  await dialog.getByRole('textbox').fill(`box${shown}↵second line`)
  await expect(dialog.getByRole('button', { name: 'Delete sandbox' })).toBeEnabled()
  await page.keyboard.press('Escape')
  await page.keyboard.press('ControlOrMeta+k')
  await expect(page.getByRole('option', { name: `box${shown}` })).toBeVisible()
  await expectNothingHidden(page)
  await page.keyboard.press('Escape')
})

test('a refusal in a toast', async () => {
  await page.goto('/targets/hostile')
  remote.refuse('/stop')
  await page.getByRole('main').getByRole('button', { name: 'Actions for box' }).click()
  await page.getByRole('menuitem', { name: 'Stop' }).click()
  await expect(page.getByText(`It cannot.${shown}`).first()).toBeVisible()
  await expectNothingHidden(page)
  remote.refuse(null)
})

test('runs: their titles, outputs, facts, survivors and the confirm popovers', async () => {
  const { id } = await toolbox<{ id: string }>('run', {
    kind: 'command',
    command: 'sleep 300 & echo out; exit 3',
    envs: { NAME: 'value' },
    timeout: 60,
  })
  await page.goto(at(`run/${id}`))
  const output = page.getByRole('region', { name: 'Output' })
  await expect(output).toContainText('exit 3')
  await expect(output.getByRole('heading')).toContainText(shown)
  await expect(output).toContainText('still running in the background')
  expect(await page.title()).toContain(`box${shown}`)
  await expectNothingHidden(page)
  await output.getByRole('button', { name: 'Edit in the editor' }).click()
  await expect(page.getByText(/^Directory contains invisible characters/)).toContainText(shown)
  await page.getByRole('button', { name: 'Copy as code' }).click()
  await expect(page.getByRole('dialog')).toContainText('U+')
  await expectNothingHidden(page)
  await page.keyboard.press('Escape')
})

test('selected text is copied exactly', async () => {
  const heading = page.getByRole('region', { name: 'Output' }).getByRole('heading')
  await heading.evaluate((element) => getSelection()?.selectAllChildren(element))
  await page.keyboard.press('ControlOrMeta+c')
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(copied).toBe(`sleep 300 & echo out; exit 3${hostileSuffix}`)
})

test('sessions, commands and their logs', async () => {
  await toolbox('session', { sessionId: 'work' })
  const { cmdId } = await toolbox<{ cmdId: string }>('session/work/exec', {
    command: 'sleep 300 & echo done; exit 2',
    runAsync: true,
  })
  await page.goto(at(`sessions/work/${cmdId}`))
  const log = page.getByRole('region', { name: /^Log of / })
  await expect(log).toContainText('exit 2')
  await expect(log.getByRole('heading')).toContainText(shown)
  await expect(page.getByRole('list', { name: 'Commands in work' })).toContainText(shown)
  await expect(log).toContainText('still running in the background')
  await expectNothingHidden(page)
  await page.getByRole('button', { name: 'Delete session' }).click()
  await expect(page.getByRole('alertdialog')).toContainText(shown)
  await expectNothingHidden(page)
  await page.keyboard.press('Escape')
})

test('processes: command lines, users, owners', async () => {
  await page.goto(at('processes'))
  const row = page.getByRole('row', { name: /sleep/ }).first()
  await expect(row).toContainText(shown)
  await row.click()
  await expect(page.getByRole('region', { name: /^Process \d+$/ })).toContainText(shown)
  await expectNothingHidden(page)
  remote.refuse('/signal')
  await page.getByRole('button', { name: 'Terminate' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'It cannot.' })).toContainText(shown)
  await expectNothingHidden(page)
  remote.refuse(null)
})

test('a stopped sandbox, a missing one, and the phone layout', async () => {
  // The end of the engine stops its sandboxes for a reason that the page shows in the engine's words.
  const { port } = new URL((await engine.connection()).apiUrl)
  await engine.stop()
  engine = await launchProduct({ script: 'engine', dataDir: engine.dataDir, env: { ENGINE_PORT: port } })
  await page.goto(at('run'))
  const banner = page.getByText('You can still read its runs and sessions.')
  await expect(banner).toContainText(shown)
  await expectNothingHidden(page)
  await page.setViewportSize({ width: 390, height: 800 })
  await expect(banner).toBeVisible()
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
  await page.goto('/targets/hostile/sandboxes/00000000-0000-4000-8000-000000000000/run')
  await expect(page.getByText('This sandbox does not exist.')).toBeVisible()
  await expectNothingHidden(page)
})
