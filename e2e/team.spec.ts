/** Two people, one console: an owner invites a viewer, whose access changes while a page is open. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { SessionsPage } from './pages/sessions-page'
import { TerminalPage } from './pages/terminal-page'
import { expect, test } from './support/fixtures'

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`))).toEqual([])
}

test('an invited viewer sees, may not change anything until the role allows it, and is signed out on removal', async ({
  page,
  browser,
  baseURL,
  sandbox,
}) => {
  const name = `<b>Vi</b> ${sandbox.id.slice(0, 8)}`
  await page.goto('/')
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'People' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'People' })).toBeVisible()
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  await page.getByRole('button', { name: 'Invite' }).click()
  const link = page.getByRole('status').getByText('/sign-in?invitation=')
  await expect(link).toBeVisible()
  const address = (await link.textContent()) ?? ''
  const row = page.getByRole('list', { name: 'People' }).getByRole('listitem').filter({ hasText: name })
  await expect(row).toContainText('Link works until')
  await expectAccessible(page)

  const context = await browser.newContext({ baseURL: baseURL ?? '', storageState: { cookies: [], origins: [] } })
  const guest = await context.newPage()
  // A link preview opens the address, and does not use it up.
  await guest.request.get(address)
  await guest.goto(address)
  await expectAccessible(guest)
  await guest.getByRole('button', { name: 'Sign in' }).click()
  await expect(guest.getByRole('heading', { level: 1, name: 'Sandboxes' })).toBeVisible()
  await expect(guest.getByRole('link', { name: 'People' })).toHaveCount(0)
  expect((await guest.request.get('/api/targets/local/people')).status()).toBe(403)
  expect((await guest.request.get('/api/targets/local/audit')).status()).toBe(403)

  // Used once: another browser gets nothing from it.
  const other = await browser.newContext({ baseURL: baseURL ?? '', storageState: { cookies: [], origins: [] } })
  const late = await other.newPage()
  await late.goto(address)
  await late.getByRole('button', { name: 'Sign in' }).click()
  await expect(late.getByRole('heading', { level: 1 })).toHaveText('This sign-in link was already used or has expired')
  await other.close()

  // A viewer sees the terminal of others as it is, and what the viewer types goes nowhere.
  await sandbox.toolbox('POST', '/process/pty', { id: 'shared', cols: 60, rows: 10 })
  await new TerminalPage(guest).open(sandbox.id, 'shared')
  const seen = new TerminalPage(guest).pane('shared')
  await seen.ready()
  await seen.run('echo viewer-$((1+1))')
  await new TerminalPage(page).open(sandbox.id, 'shared')
  const driven = new TerminalPage(page).pane('shared')
  await driven.ready()
  await driven.run('echo owner-$((1+1))')
  await expect(seen.screen).toContainText('owner-2')
  await expect(seen.screen).not.toContainText('viewer')
  await page.goto('/people')
  await expect(page.getByRole('heading', { level: 1, name: 'People' })).toBeVisible()
  // Nobody owns the size now, and the viewer does not claim it.
  const { cols } = await sandbox.toolbox<{ cols: number }>('GET', '/process/pty/shared')
  await guest.setViewportSize({ width: 700, height: 500 })
  await expect(seen.screen).toContainText('owner-2')
  expect(await sandbox.toolbox('GET', '/process/pty/shared')).toMatchObject({ cols })
  await expect(guest.getByText('View only')).toBeVisible()

  const sessions = new SessionsPage(guest)
  await sessions.open(sandbox.id)
  await guest.getByRole('region', { name: 'Sessions' }).getByRole('button', { name: 'New session' }).first().click()
  const dialog = guest.getByRole('dialog', { name: 'New session' })
  await dialog.getByLabel('ID', { exact: true }).fill('team')
  const create = dialog.getByRole('button', { name: 'Create session' })
  await create.click()
  await expect(dialog).toContainText('This needs the role operator, and yours is viewer.')
  expect(await sandbox.toolbox<unknown[]>('GET', '/process/session')).toEqual([])
  const upload = await guest.request.put(
    `/api/targets/local/sandboxes/${sandbox.id}/files/upload?path=${encodeURIComponent('/tmp/x')}`,
    { data: 'x', headers: { origin: baseURL ?? '' } },
  )
  expect(upload.status()).toBe(403)

  // The role changes while the page is open.
  await page.getByRole('combobox', { name: `Role of ${name}` }).selectOption('operator')
  await expect
    .poll(async () => {
      await page.goto('/people')
      return await page.getByRole('combobox', { name: `Role of ${name}` }).inputValue()
    })
    .toBe('operator')
  // The open page has noticed too.
  await expect(guest.getByText('View only')).toHaveCount(0)
  await create.click()
  await guest.waitForURL((url) => url.pathname.endsWith('/sessions/team'))

  await row.getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
  await expect(row).toHaveCount(0)
  await expect(guest.getByText('signed out').first()).toBeVisible()
  expect((await guest.request.get('/api/targets/local/sandboxes')).status()).toBe(401)
  await context.close()
})
