/** The list of sandboxes: what happened last, the order, selections, and thousands of rows. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { SandboxesPage } from './pages/sandboxes-page'
import { startCrowdedTarget } from './support/crowded-target'
import { expect, test } from './support/fixtures'
import { launchProduct } from './support/product'

let count = 0
/** A word that no other sandbox of the run has in its name. */
const uniqueWord = () => {
  count += 1
  return `home${process.pid}x${Date.now()}x${count}`
}

test('rows show sessions, the last line of output and how it ended, with a link', async ({ page, makeSandbox }) => {
  const word = uniqueWord()
  const sandbox = await makeSandbox({ name: `${word}-a` })
  const idle = await makeSandbox({ name: `${word}-b` })
  await sandbox.toolbox('POST', '/process/session', { sessionId: 'build' })
  await sandbox.toolbox('POST', '/process/session', { sessionId: 'watch' })
  await sandbox.toolbox('POST', '/process/session/watch/exec', { command: 'sleep 8001', runAsync: true })
  const failing = { command: 'echo one; printf "\\033[31mKeyError: price\\033[0m\\n"; (exit 3)' }
  const { cmdId } = await sandbox.toolbox<{ cmdId: string }>('POST', '/process/session/build/exec', failing)
  const home = new SandboxesPage(page)
  await page.goto(`/?q=${word}`)
  const row = home.row(sandbox.name)
  await expect(row).toContainText('2 · 1 running')
  await expect(row).toContainText('KeyError: price')
  await expect(row).toContainText('exit 3')
  await expect(home.row(idle.name)).toContainText('running')
  await expect(home.row(idle.name)).not.toContainText('exit')

  await sandbox.toolbox('POST', '/process/run', { kind: 'command', command: 'echo all good' })
  await expect(row).toContainText('all good')
  await expect(row).toContainText('exit 0')
  await sandbox.toolbox('POST', '/process/session/build/exec', failing)
  await expect(row).toContainText('exit 3')
  await row.getByRole('link', { name: 'Last command: exit 3' }).click()
  await expect(page).toHaveURL(/\/sessions\/build\//)
  await expect(page).not.toHaveURL(new RegExp(cmdId))
})

test('the order is chosen in the head of the table and is part of the address', async ({ page, makeSandbox }) => {
  const word = uniqueWord()
  for (const end of ['b', 'c', 'a']) await makeSandbox({ name: `${word}-${end}` })
  const home = new SandboxesPage(page)
  await page.goto(`/?q=${word}`)
  const sorted = (ends: string) => expect.poll(() => home.names()).toEqual([...ends].map((end) => `${word}-${end}`))
  await sorted('acb')
  await expect(home.column('Age')).toHaveAttribute('aria-sort', 'descending')
  await home.column('Name').getByRole('button').click()
  await sorted('abc')
  await expect(home.column('Name')).toHaveAttribute('aria-sort', 'ascending')
  await home.column('Name').getByRole('button').click()
  await sorted('cba')
  await expect(page).toHaveURL((url) => url.searchParams.get('sort') === '-name' && url.searchParams.get('q') === word)
  await page.reload()
  await sorted('cba')
})

test('several sandboxes are selected, labelled, stopped, started and deleted', async ({ page, makeSandbox }) => {
  const word = uniqueWord()
  const names = ['a', 'b', 'c'].map((end) => `${word}-${end}`)
  const [a = '', b = '', c = ''] = names
  for (const name of names) await makeSandbox({ name })
  const home = new SandboxesPage(page)
  await page.goto(`/?q=${word}&sort=name`)
  await home.box(a).click()
  await expect(home.bulk).toContainText('1 selected')
  await home.box(c).click({ modifiers: ['Shift'] })
  await expect(home.bulk).toContainText('3 selected')
  await home.box(b).click()
  await expect(home.bulk).toContainText('2 selected')
  await expect(home.box(b)).not.toBeChecked()

  await home.bulk.getByRole('button', { name: 'Label…' }).click()
  const label = page.getByRole('dialog', { name: 'Label 2 sandboxes' })
  await label.getByLabel('Name').fill('team')
  await label.getByLabel('Value').fill(word)
  await label.getByRole('button', { name: 'Set label' }).click()
  await expect(home.bulk).toContainText('2 selected')
  await home.filter.fill(`label:team=${word}`)
  await expect.poll(() => home.names()).toEqual([a, c])

  await home.bulk.getByRole('button', { name: 'Stop 2' }).click()
  for (const name of [a, c]) await expect(home.row(name)).toContainText('stopped')
  await home.bulk.getByRole('button', { name: 'Start 2' }).click()
  for (const name of [a, c]) await expect(home.row(name)).toContainText('running')

  // What the filter hides is not selected any more.
  await home.filter.fill(a)
  await expect(home.bulk).toContainText('1 selected')
  await home.filter.fill(word)
  await page.getByRole('checkbox', { name: 'Select all sandboxes' }).click()
  await expect(home.bulk).toContainText('3 selected')
  await home.bulk.getByRole('button', { name: 'Delete…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Delete 3 sandboxes?' })
  await expect(dialog.getByRole('button', { name: 'Delete 3 sandboxes' })).toBeDisabled()
  await dialog.getByRole('textbox').fill('3')
  await page.keyboard.press('Enter')
  await expect(page.getByText('No sandboxes match this filter.')).toBeVisible()
  await expect(home.bulk).toHaveCount(0)
})

test('a change that fails says why, for each sandbox', async ({ page, makeSandbox }) => {
  const word = uniqueWord()
  const one = await makeSandbox({ name: `${word}-a` })
  const two = await makeSandbox({ name: `${word}-b` })
  const home = new SandboxesPage(page)
  await page.goto(`/?q=${word}`)
  await page.getByRole('checkbox', { name: 'Select all sandboxes' }).click()
  await home.bulk.getByRole('button', { name: 'Label…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Label 2 sandboxes' })
  await dialog.getByLabel('Name').fill('team')
  await page.route('**/*', (route) => (route.request().method() === 'POST' ? route.abort() : route.continue()))
  await dialog.getByRole('button', { name: 'Set label' }).click()
  await expect(home.bulk.getByRole('alert')).toContainText(one.name)
  await expect(home.bulk.getByRole('alert')).toContainText(two.name)
  await page.unroute('**/*')
  await home.bulk.getByRole('button', { name: 'Clear selection' }).click()
  await expect(home.bulk).toHaveCount(0)
})

for (const theme of ['dark', 'light'] as const) {
  for (const width of [1440, 360]) {
    test(`accessible with a selection, ${theme}, ${width} px wide`, async ({ page, context, sandbox, connection }) => {
      await context.addCookies([{ name: 'sandglass-theme', value: theme, url: connection.consoleUrl }])
      await page.setViewportSize({ width, height: 800 })
      await sandbox.toolbox('POST', '/process/run', { kind: 'command', command: 'echo out; exit 4' })
      const home = new SandboxesPage(page)
      await home.open()
      await home.box(sandbox.name).focus()
      await page.keyboard.press('Space')
      await expect(home.bulk).toContainText('1 selected')
      await expect(home.row(sandbox.name)).toContainText('out')
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`))).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
    })
  }
}

test('5,000 sandboxes of a plain target: few rows are rendered, and filter, order and selection cover all', async ({
  browser,
}) => {
  test.setTimeout(120_000)
  const remote = await startCrowdedTarget(5_000)
  const folder = await mkdtemp(join(tmpdir(), 'sandglass-crowd-'))
  const file = join(folder, 'targets.json')
  await writeFile(file, JSON.stringify([{ name: 'crowd', apiUrl: remote.apiUrl, apiKey: 'k' }]), { mode: 0o600 })
  const product = await launchProduct({ env: { SANDGLASS_TARGETS: file } })
  try {
    const { signInUrl, consoleUrl } = await product.connection()
    const page = await (await browser.newContext({ baseURL: consoleUrl })).newPage()
    await page.goto(signInUrl)
    await page.goto('/targets/crowd')
    const home = new SandboxesPage(page)
    await expect(page.getByRole('heading', { level: 1 })).toContainText('5000')
    await expect(home.row('job-4999')).toBeVisible()
    await expect(home.table).toHaveAttribute('aria-rowcount', '5001')
    expect((await home.names()).length).toBeLessThan(80)

    await home.column('Name').getByRole('button').click()
    await expect(home.row('job-0')).toBeVisible()
    await home.row('job-0').getByRole('link', { name: 'job-0' }).focus()
    await home.table.locator('xpath=..').evaluate((scroller) => scroller.scrollTo(0, scroller.scrollHeight))
    await expect(home.row('job-4999')).toBeVisible()
    await expect(home.row('job-0')).toHaveCount(0)
    expect((await home.names()).length).toBeLessThan(80)

    await home.filter.fill('label:team=web job-12')
    await expect(page.getByRole('heading', { level: 1 })).toContainText('55 of 5000')
    await page.getByRole('checkbox', { name: 'Select all sandboxes' }).click()
    await expect(home.bulk).toContainText('55 selected')

    await page.context().close()
  } finally {
    await product.stop()
    await Promise.all([product.remove(), remote.close(), rm(folder, { recursive: true })])
  }
})
