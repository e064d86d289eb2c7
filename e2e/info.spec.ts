/** The Info page: usage, settings, copies and code of a sandbox. */
import { AxeBuilder } from '@axe-core/playwright'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { InfoPage } from './pages/info-page'
import { expect, type TestSandbox, test } from './support/fixtures'
import type { Connection } from './support/product'

async function readSandbox({ apiUrl, apiKey }: Connection, { id }: Pick<TestSandbox, 'id'>): Promise<SandboxDto> {
  const response = await fetch(`${apiUrl}/sandbox/${id}`, { headers: { authorization: `Bearer ${apiKey}` } })
  expect(response.status).toBe(200)
  return await response.json()
}

test('usage is live, and the page says which limits are enforced', async ({ page, sandbox }) => {
  const info = new InfoPage(page)
  await info.open(sandbox.id)
  await expect(info.resource('CPU')).toContainText(/\d+\.\d % ?of \d+ cores?/)
  await expect(info.resource('Memory')).toContainText(/\d+(\.\d)? [KM]B ?of \d+\.\d GB/)
  const count = async () => Number(/^Processes(\d+)/.exec((await info.resource('Processes').textContent()) ?? '')?.[1])
  await expect.poll(count).toBeGreaterThanOrEqual(0)
  const before = await count()
  const command = 'sleep 7001 & sleep 7002 & wait'
  await sandbox.toolbox('POST', '/process/run', { kind: 'command', command })
  await expect.poll(count).toBeGreaterThanOrEqual(before + 3)
  await expect(info.pane).toContainText(/Disk space is not limited|does not report who enforces/)
})

test('labels are edited in place', async ({ page, sandbox, connection }) => {
  const info = new InfoPage(page)
  await info.open(sandbox.id)
  await info.labels.getByRole('button', { name: 'Add label' }).click()
  await page.keyboard.type('team')
  await info.labels.getByLabel('Value of label team').fill('api')
  await page.keyboard.press('Enter')
  await expect(info.labels).toContainText('Saved')
  expect((await readSandbox(connection, sandbox)).labels).toEqual({ 'code-toolbox-language': 'python', team: 'api' })
  await page.reload()
  await info.labels.getByRole('button', { name: 'Add label' }).click()
  await page.keyboard.type('team')
  await expect(info.labels).toContainText('There are two labels with the name team.')
  await expect(info.labels.getByRole('button', { name: 'Save labels' })).toBeDisabled()
  await info.labels.getByRole('button', { name: 'Cancel' }).click()
  await info.labels.getByRole('button', { name: 'Remove label team' }).click()
  await info.labels.getByRole('button', { name: 'Save labels' }).click()
  await expect(info.labels).toContainText('Saved')
  expect((await readSandbox(connection, sandbox)).labels).toEqual({ 'code-toolbox-language': 'python' })
})

test('intervals are durations, and an empty field turns one off', async ({ page, sandbox, connection }) => {
  const info = new InfoPage(page)
  await info.open(sandbox.id)
  await info.intervals.getByLabel('Stop when idle for').fill('soon')
  await expect(info.intervals).toContainText('Use a duration such as 15 min, 2 h or 7 d.')
  await info.setInterval('Stop when idle for', '90')
  await info.setInterval('Archive when stopped for', '3 d')
  await info.setInterval('Delete when stopped for', '2 h')
  await info.setInterval('Delete in', '1 d')
  await expect
    .poll(() => readSandbox(connection, sandbox))
    .toMatchObject({
      autoStopInterval: 90,
      autoArchiveInterval: 3 * 24 * 60,
      autoDeleteInterval: 120,
      autoDestroyAt: expect.any(String),
    })
  await expect(info.intervals).toContainText('Will be deleted at')
  await info.setInterval('Stop when idle for', '')
  await info.setInterval('Delete when stopped for', '')
  await info.intervals.getByRole('button', { name: 'Remove' }).click()
  await expect(info.intervals).not.toContainText('Will be deleted at')
  await expect
    .poll(() => readSandbox(connection, sandbox))
    .toMatchObject({ autoStopInterval: 0, autoDeleteInterval: -1 })
  expect((await readSandbox(connection, sandbox)).autoDestroyAt).toBeUndefined()
})

test('a sandbox is resized, its network is blocked, and it is saved and forked', async ({
  page,
  sandbox,
  connection,
}) => {
  const info = new InfoPage(page)
  await info.open(sandbox.id)
  const { memory } = await readSandbox(connection, sandbox)
  await info.pane.getByRole('button', { name: 'Resize…' }).click()
  const dialog = page.getByRole('dialog', { name: `Resize ${sandbox.name}` })
  await dialog.getByLabel('Memory in GiB').fill(String(memory + 1))
  await dialog.getByRole('button', { name: 'Resize' }).click()
  await expect(dialog).toHaveCount(0)
  expect((await readSandbox(connection, sandbox)).memory).toBe(memory + 1)

  await info.network.getByLabel('Network').selectOption('None')
  await info.network.getByRole('button', { name: 'Change network' }).click()
  await expect(info.network).toContainText('Now: Programs have no network access.')

  const name = `saved-${sandbox.id.slice(0, 8)}`
  await info.copies.getByLabel('New snapshot').fill(name)
  await info.copies.getByRole('button', { name: 'Create snapshot' }).click()
  await expect(info.copies.getByRole('list', { name: 'Snapshots of this sandbox' })).toContainText(name)
  await info.copies.getByRole('button', { name: `Delete snapshot ${name}` }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete snapshot' }).click()
  await expect(info.copies).not.toContainText(name)

  await info.copies.getByLabel('Fork').fill(`fork-${sandbox.id.slice(0, 8)}`)
  await info.copies.getByRole('button', { name: 'Fork' }).click()
  await info.copies.getByRole('link', { name: `fork-${sandbox.id.slice(0, 8)}` }).click()
  await expect(page).not.toHaveURL(new RegExp(sandbox.id))
  const { apiUrl, apiKey } = connection
  const fork = new URL(page.url()).pathname.split('/')[2]
  await fetch(`${apiUrl}/sandbox/${fork}`, { method: 'DELETE', headers: { authorization: `Bearer ${apiKey}` } })
})

test('every page has code that works, with the key from the environment', async ({ page, sandbox, connection }) => {
  const info = new InfoPage(page)
  await info.open(sandbox.id)
  await expect(info.connection).toContainText('export DAYTONA_API_KEY=')
  const pages = await info.connection.getByLabel('Page', { exact: true }).locator('option').allTextContents()
  expect(pages).toEqual([
    'Sandboxes',
    'Run',
    'Sessions',
    'Terminal',
    'Interpreter',
    'Files',
    'Processes',
    'Ports',
    'Info',
  ])
  for (const name of pages) {
    await info.connection.getByLabel('Page', { exact: true }).selectOption(name)
    for (const language of ['Python', 'TypeScript', 'curl']) {
      await info.connection.getByRole('radio', { name: language }).click()
      const code = info.connection.locator('pre').last()
      await expect(code).toContainText(
        { Python: 'from daytona', TypeScript: '@daytona/sdk', curl: 'curl ' }[language] ?? '',
      )
    }
  }
  await expect(info.pane).not.toContainText(connection.apiKey)
})

for (const theme of ['dark', 'light'] as const) {
  for (const width of [1440, 360]) {
    test(`accessible, ${theme}, ${width} px wide`, async ({ page, context, sandbox, connection }) => {
      await context.addCookies([{ name: 'sandglass-theme', value: theme, url: connection.consoleUrl }])
      await page.setViewportSize({ width, height: 800 })
      const info = new InfoPage(page)
      await info.open(sandbox.id)
      await expect(info.resource('CPU')).toContainText('%')
      await page.keyboard.press('7')
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`))).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
    })
  }
}
