/** The palette: what it finds in a sandbox, whichever page is open. */
import { expect, test } from './support/fixtures'

test('the palette finds sessions, commands, runs and files that no page shows', async ({ page, sandbox }) => {
  await sandbox.toolbox('POST', '/process/session', { sessionId: 'nightly-deploy' })
  const { cmdId } = await sandbox.toolbox<{ cmdId: string }>('POST', '/process/session/nightly-deploy/exec', {
    command: 'echo marmalade | tr a-z A-Z',
    runAsync: true,
  })
  const { id: runId } = await sandbox.toolbox<{ id: string }>('POST', '/process/run', {
    kind: 'command',
    command: 'echo rhubarb crumble',
  })
  await sandbox.toolbox('POST', '/process/execute', { command: 'mkdir -p notes && echo hi > notes/gooseberry.txt' })

  const find = async (text: string, name: RegExp) => {
    await page.goto(`/sandboxes/${sandbox.id}/processes`)
    await expect(page.getByRole('contentinfo')).toContainText('connected')
    await page.keyboard.press('ControlOrMeta+k')
    const palette = page.getByRole('dialog', { name: 'Go to' })
    await palette.getByRole('combobox').fill(text)
    await palette.getByRole('option', { name }).click()
    await expect(palette).toHaveCount(0)
  }
  await find('nightly', /^nightly-deploy/)
  await expect(page).toHaveURL(/\/sessions\/nightly-deploy(\/|$)/)
  await find('marmalade', /^echo marmalade/)
  await expect(page).toHaveURL(new RegExp(`/sessions/nightly-deploy/${cmdId}$`))
  await expect(page.getByRole('log')).toContainText('MARMALADE')
  await find('crumble rhubarb', /^echo rhubarb crumble/)
  await expect(page).toHaveURL(new RegExp(`/run/${runId}$`))
  await find('gooseberry', /^notes\/gooseberry\.txt/)
  await expect(page).toHaveURL(/\/files\/.*notes\/gooseberry\.txt$/)
})

test('no page tries to run generated code, and the browser reports no error', async ({ page, sandbox }) => {
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`${new URL(page.url()).pathname}: ${message.text()}`)
  })
  page.on('pageerror', (error) => problems.push(`${new URL(page.url()).pathname}: ${error.message}`))
  // Code that catches the refusal prints nothing in Chromium; the violation is reported as an event all the same.
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(
        `policy ${event.violatedDirective}: ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`,
      ),
    )
  })
  await page.goto('/')
  await expect(page.getByRole('contentinfo')).toContainText('connected')
  await page.keyboard.press('n')
  await expect(page.getByRole('dialog')).toBeVisible()
  for (const tab of ['run', 'sessions', 'terminal', 'interpreter', 'files', 'processes']) {
    await page.goto(`/sandboxes/${sandbox.id}/${tab}`)
    await expect(page.getByRole('contentinfo')).toContainText('connected')
    await page.keyboard.press('n')
    await page.waitForLoadState('networkidle')
  }
  expect(problems).toEqual([])
})
