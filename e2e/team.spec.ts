/** Two people, one console: an owner invites a viewer, whose access changes while a page is open. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { SessionsPage } from './pages/sessions-page'
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
  await create.click()
  await guest.waitForURL((url) => url.pathname.endsWith('/sessions/team'))

  await row.getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
  await expect(row).toHaveCount(0)
  await expect(guest.getByText('signed out').first()).toBeVisible({ timeout: 15_000 })
  expect((await guest.request.get('/api/targets/local/sandboxes')).status()).toBe(401)
  await context.close()
})
