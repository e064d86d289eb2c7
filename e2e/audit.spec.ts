/** The audit log: what a person does in the console is found again, with what it was about and how it ended. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { AxeBuilder } from '@axe-core/playwright'
import { SessionsPage } from './pages/sessions-page'
import { expect, test } from './support/fixtures'

test('changes and reads are recorded, filtered, exported and verified', async ({ page, sandbox }) => {
  const sessions = new SessionsPage(page)
  await sessions.open(sandbox.id)
  await sessions.createSession('audited')
  await sessions.run('audited', 'cat')
  await sessions.input.fill('my password')
  await sessions.input.press('Enter')
  await sessions.log.expectText('my password')
  await page.keyboard.press('Escape')

  // By its keys, from anywhere.
  await page.getByRole('heading', { level: 1 }).click()
  await page.keyboard.press('g')
  await page.keyboard.press('a')
  await expect(page.getByRole('heading', { level: 1, name: 'Audit log' })).toBeVisible()
  const filter = page.getByRole('searchbox', { name: 'Filter the audit log' })
  await filter.fill(`sandbox:${sandbox.id}`)
  const rows = page.getByRole('list', { name: 'Entries' }).getByRole('button')
  await expect(rows.filter({ hasText: 'Sent input to a command' })).toHaveCount(1)
  await expect(rows.filter({ hasText: 'Created a session' })).toHaveCount(1)
  await expect(rows.filter({ hasText: 'Read a log' })).toHaveCount(1)
  await expect(rows.filter({ hasText: 'Ran a command' })).toContainText('cat')

  // Input is not stored.
  await rows.filter({ hasText: 'Sent input to a command' }).click()
  const entry = page.getByRole('region', { name: /^Entry / })
  await expect(entry).toContainText('11 characters')
  await expect(entry).toContainText('Owner')
  await expect(page.locator('body')).not.toContainText('my password')
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`))).toEqual([])

  await page.getByRole('combobox', { name: 'Kind' }).selectOption('Reads')
  await expect(rows.filter({ hasText: 'Ran a command' })).toHaveCount(0)
  await expect.poll(() => new URL(page.url()).searchParams.get('q')).toBe(`sandbox:${sandbox.id} is:read`)
  await filter.fill('is:nothing')
  await expect(page.getByText('“is:nothing” is unknown.')).toBeVisible()

  await filter.fill(`sandbox:${sandbox.id} action:command.run`)
  await expect(rows).toHaveCount(1)
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Export' }).click(),
  ])
  const lines = (await readFile(await download.path(), 'utf8')).trim().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { action: 'command.run', sandboxId: sandbox.id, result: 'ok', actorKind: 'link' },
  ])

  const env = { ...process.env, SANDGLASS_DATA_DIR: process.env.SANDGLASS_E2E_DATA }
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/audit-verify.mjs'], { env })
  expect(stdout).toContain('nothing was changed, removed or cut off')
})
