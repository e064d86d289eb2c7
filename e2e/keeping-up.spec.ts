/** The page keeps up with the user and with changes made elsewhere: typing, focus, new rows, deletions. */
import { RunPage } from './pages/run-page'
import { SandboxesPage } from './pages/sandboxes-page'
import { SessionsPage } from './pages/sessions-page'
import { expect, test } from './support/fixtures'

test('the filter keeps every letter in order, even when a slow browser gets fast input', async ({ page, sandbox }) => {
  const home = new SandboxesPage(page)
  await home.open()
  await expect(home.row(sandbox.name)).toBeVisible()
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 6 })
  const text = 'the quick brown fox jumps over the lazy dog'
  await home.filter.pressSequentially(text)
  await expect(home.filter).toHaveValue(text)
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 1 })
  await expect(page).toHaveURL((url) => url.searchParams.get('q') === text)
  await expect(home.filter).toHaveValue(text)
  await page.reload()
  await expect(home.filter).toHaveValue(text)
  await page.getByRole('button', { name: 'Clear filter' }).click()
  await expect(page).toHaveURL((url) => !url.searchParams.has('q'))
  await expect(home.row(sandbox.name)).toBeVisible()
})

test('a sandbox that was deleted elsewhere is shown as missing at once', async ({ page, connection, makeSandbox }) => {
  const sandbox = await makeSandbox()
  const runner = new RunPage(page, sandbox.id)
  await runner.open()
  await expect(page.getByRole('contentinfo')).toContainText('connected')
  const headers = { authorization: `Bearer ${connection.apiKey}` }
  await fetch(`${connection.apiUrl}/sandbox/${sandbox.id}`, { method: 'DELETE', headers })
  await expect(page.getByText('This sandbox does not exist.')).toBeVisible()
  await expect(page.getByRole('link', { name: 'All sandboxes' })).toBeVisible()
  await expect(runner.editor).toHaveCount(0)
  await expect(page.getByRole('banner').getByText(/destroying|deleting|running/)).toHaveCount(0)
})

test('a run that is started while the list is scrolled becomes visible', async ({ page, sandbox }) => {
  for (let run = 1; run <= 30; run += 1) {
    await sandbox.toolbox('POST', '/process/run', { kind: 'command', command: `echo old ${run}` })
  }
  const runner = new RunPage(page, sandbox.id)
  await runner.open()
  await runner.history.getByText('echo old 1', { exact: true }).scrollIntoViewIfNeeded()
  await runner.choose('Shell')
  await runner.write('echo the new one')
  await runner.start()
  const row = runner.history.getByRole('link').filter({ hasText: 'echo the new one' })
  await expect(row).toBeInViewport()
  await expect(row).toHaveAttribute('aria-current', 'true')
})

test('a command that ends its session is selected once it was sent', async ({ page, sandbox }) => {
  await sandbox.toolbox('POST', '/process/session', { sessionId: 'short' })
  const sessions = new SessionsPage(page)
  await page.goto(`/sandboxes/${sandbox.id}/sessions/short`)
  const field = page.getByRole('textbox', { name: 'Command' })
  await field.fill('exit 3')
  await field.press('Enter')
  await expect(sessions.header).toContainText('exit 3')
  await expect(page).toHaveURL(/\/sessions\/short\/[0-9a-f-]{36}$/)
})

test('after a session is created, its first command can be typed at once', async ({ page, sandbox }) => {
  const sessions = new SessionsPage(page)
  await sessions.open(sandbox.id)
  await page.getByRole('button', { name: 'New session' }).last().click()
  await page.getByRole('dialog').getByRole('button', { name: 'Create session' }).click()
  await expect(page.getByRole('textbox', { name: 'Command' })).toBeFocused()
  await page.keyboard.type('echo typed')
  await page.keyboard.press('Enter')
  await sessions.log.expectLines(['typed'])
})

test('the dot of a stable connection does not animate', async ({ page }) => {
  await page.goto('/')
  const status = page.getByRole('contentinfo')
  await expect(status).toContainText('connected')
  expect(await status.evaluate((element) => element.getAnimations({ subtree: true }).length)).toBe(0)
})
