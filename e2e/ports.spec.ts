/** Ports of a sandbox: what listens, previews, signed links, and announcements of new listeners. */
import { AxeBuilder } from '@axe-core/playwright'
import { portForProgram } from '../lib/engine/test/port-program'
import { PortsPane } from './pages/ports-pane'
import { expect, type TestSandbox, test } from './support/fixtures'

/** Serves a page with a title on a port, as a command of a session. */
async function serve(sandbox: TestSandbox, port: number, sessionId = 'web'): Promise<void> {
  await sandbox.toolbox('POST', '/process/session', { sessionId })
  const command = `mkdir -p site && echo '<h1>Served on ${port}</h1>' > site/index.html && exec python3 -m http.server ${port} -d site`
  await sandbox.toolbox('POST', `/process/session/${sessionId}/exec`, { command, runAsync: true })
}

test('a port is listed with its process and previewed in a frame and in a new tab', async ({ page, sandbox }) => {
  const port = await portForProgram()
  const ports = new PortsPane(page)
  await ports.open(sandbox.id)
  await expect(ports.pane).toContainText('No ports are open.')
  await serve(sandbox, port)
  await expect(ports.row(port)).toContainText(`python3 -m http.server ${port} -d site`)
  await expect(ports.row(port).getByRole('link', { name: 'command in web' })).toBeVisible()

  const frame = await ports.preview(port)
  await expect(frame.getByRole('heading', { name: `Served on ${port}` })).toBeVisible()
  await expect(page).toHaveURL(new RegExp(`preview=${port}`))
  await page.reload()
  await expect(frame.getByRole('heading', { name: `Served on ${port}` })).toBeVisible()
  await page.getByRole('button', { name: 'Close the preview' }).click()
  await expect(page.locator('iframe')).toHaveCount(0)

  const opened = page.waitForEvent('popup')
  await ports.row(port).getByRole('link', { name: 'Open' }).click()
  const tab = await opened
  await expect(tab.getByRole('heading', { name: `Served on ${port}` })).toBeVisible()
  expect(new URL(tab.url()).hostname).toMatch(new RegExp(`^${port}-[a-z2-7]{53}\\.localhost$`))
  await tab.close()

  await sandbox.toolbox('DELETE', '/process/session/web')
  await expect(ports.pane).toContainText('No ports are open.')
})

test('a signed link works without a session until it is revoked', async ({ page, context, browser, sandbox }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const port = await portForProgram()
  await serve(sandbox, port)
  const ports = new PortsPane(page)
  await ports.open(sandbox.id)
  const link = await ports.copyLink(port, '10 minutes')
  await expect(ports.row(port)).toContainText(/Link to \d+ · ends in (9|10) min/)
  const visitor = await (await browser.newContext({ storageState: { cookies: [], origins: [] } })).newPage()
  await visitor.goto(link)
  await expect(visitor.getByRole('heading', { name: `Served on ${port}` })).toBeVisible()

  await page.reload()
  await ports
    .row(port)
    .getByRole('button', { name: `Revoke the link to ${port}` })
    .click()
  await expect(ports.row(port)).not.toContainText('ends in')
  const response = await visitor.goto(link)
  expect(response?.status()).toBeGreaterThanOrEqual(400)
  await visitor.context().close()
})

test('a new listener announces itself once, on every page of the sandbox', async ({ page, sandbox }) => {
  const [first, second] = [await portForProgram(), await portForProgram()]
  await serve(sandbox, first)
  const ports = new PortsPane(page)
  await ports.open(sandbox.id)
  await expect(ports.row(first)).toBeVisible()
  await page.getByRole('link', { name: 'Sessions', exact: true }).click()
  const announcement = page.getByText(`${second} is listening`)
  await serve(sandbox, second, 'more')
  await expect(announcement).toBeVisible()
  await expect(page.getByText(`${first} is listening`)).toHaveCount(0)
  const opened = page.waitForEvent('popup')
  await page.getByRole('button', { name: 'Open', exact: true }).click()
  await expect((await opened).getByRole('heading', { name: `Served on ${second}` })).toBeVisible()
  await expect(announcement).toHaveCount(0)

  // The same port again is not news.
  await sandbox.toolbox('DELETE', '/process/session/more')
  await page.getByRole('link', { name: 'Processes', exact: true }).click()
  await expect(ports.row(first)).toBeVisible()
  await expect(ports.row(second)).toHaveCount(0)
  await serve(sandbox, second, 'again')
  await expect(ports.row(second)).toBeVisible()
  await expect(announcement).toHaveCount(0)
})

test('other sites cannot open a preview, and a preview cannot navigate the console', async ({
  page,
  sandbox,
  connection,
}) => {
  const port = await portForProgram()
  await sandbox.toolbox('POST', '/process/session', { sessionId: 'web' })
  const html = '<script>try { top.location = "about:blank#taken" } catch { document.write("refused") }</script>'
  const command = `mkdir -p site && echo '${html}' > site/index.html && exec python3 -m http.server ${port} -d site`
  await sandbox.toolbox('POST', '/process/session/web/exec', { command, runAsync: true })
  const ports = new PortsPane(page)
  await ports.open(sandbox.id)
  await expect(ports.row(port)).toBeVisible()
  const frame = await ports.preview(port)
  await expect(frame.getByText('refused')).toBeVisible()
  await expect(page).toHaveURL(/\/processes\?preview=/)

  const path = `/api/targets/local/sandboxes/${sandbox.id}/ports/${port}/open`
  const response = await page.request.get(`${connection.consoleUrl}${path}`, {
    headers: { 'sec-fetch-site': 'cross-site' },
    maxRedirects: 0,
  })
  expect(response.status()).toBe(403)
})

for (const theme of ['dark', 'light'] as const) {
  for (const width of [1440, 360]) {
    test(`accessible, ${theme}, ${width} px wide`, async ({ page, context, sandbox, connection }) => {
      await context.grantPermissions(['clipboard-read', 'clipboard-write'])
      await context.addCookies([{ name: 'sandglass-theme', value: theme, url: connection.consoleUrl }])
      await page.setViewportSize({ width, height: 800 })
      const port = await portForProgram()
      await serve(sandbox, port)
      const ports = new PortsPane(page)
      await ports.open(sandbox.id)
      await ports.copyLink(port, '1 hour')
      await expect((await ports.preview(port)).getByRole('heading')).toBeVisible()
      const { violations } = await new AxeBuilder({ page }).exclude('iframe').analyze()
      expect(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`))).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
    })
  }
}
