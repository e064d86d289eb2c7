/** A browser that is offline or signed out: the page stays, and gives the actual reason. */
import { RunPage } from './pages/run-page'
import { expect, test } from './support/fixtures'

test('offline, an action says so, and neither a tab nor a key leaves the page', async ({ page, context, sandbox }) => {
  const runner = new RunPage(page, sandbox.id)
  await runner.open()
  await runner.choose('Shell')
  await runner.write('echo kept')
  await expect(page.getByRole('contentinfo')).toContainText('connected')
  await context.setOffline(true)
  await expect(page.getByRole('contentinfo')).toContainText('offline')

  await runner.run.click()
  await expect(page.getByRole('main').getByRole('alert')).toContainText('You’re offline.')
  const address = page.url()
  await page.getByRole('link', { name: 'Processes' }).click()
  await expect(page.getByText('This page stays as it is.')).toBeVisible()
  await page.getByRole('link', { name: 'Sandboxes', exact: true }).click()
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByRole('option', { name: 'Sessions' }).click()
  await expect(runner.editor).toContainText('echo kept')
  expect(page.url()).toBe(address)

  await context.setOffline(false)
  await expect(page.getByRole('contentinfo')).toContainText('connected')
  await page.getByRole('link', { name: 'Processes' }).click()
  await expect(page).toHaveURL(/\/processes$/)
})

test('an unreachable console keeps the page, a reachable one allows navigation', async ({ page, sandbox }) => {
  await page.routeWebSocket('**/live', (tab) => tab.close({ code: 4000 }))
  await page.goto(`/sandboxes/${sandbox.id}/run`)
  await expect(page.getByRole('contentinfo')).toContainText('reconnecting')
  await page.route('**/icon.svg', (route) => route.abort())
  await page.getByRole('link', { name: 'Processes' }).click()
  await expect(page.getByText('Can’t reach the console.')).toBeVisible()
  expect(page.url()).toMatch(/\/run$/)
  await page.unroute('**/icon.svg')
  // On a slow machine the console may count as unreachable once more; a user would click again.
  await expect(async () => {
    await page.getByRole('link', { name: 'Processes' }).click()
    await expect(page).toHaveURL(/\/processes$/)
  }).toPass()
})

test('signed out, an action says so', async ({ page, context, sandbox }) => {
  const runner = new RunPage(page, sandbox.id)
  await runner.open()
  await runner.choose('Shell')
  await runner.write('echo kept')
  await context.clearCookies()
  await runner.run.click()
  await expect(page.getByRole('main').getByRole('alert')).toContainText('You’re signed out.')
  await expect(runner.editor).toContainText('echo kept')
})
