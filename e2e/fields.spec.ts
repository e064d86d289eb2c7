/** A log as lines with fields: JSON and logfmt unfolded, levels, columns, a filter, and times. */
import { AxeBuilder } from '@axe-core/playwright'
import { SessionsPage } from './pages/sessions-page'
import { expect, test } from './support/fixtures'

const program = `
printf '{"level":"info","msg":"listening","http":{"port":8080}}\\n'
printf '{"level":"error","msg":"GET failed","http":{"port":8080,"status":503}}\\n'
printf 'level=warn msg="disk is full" free=0\\n'
printf '\\r 10 %%'; printf '\\r 60 %%'; printf '\\r100 %%\\n'
printf '\\033[32mdone\\033[0m\\n'
`

test('a log is shown as lines with fields, filtered by field, and as text again', async ({ page, sandbox }) => {
  await sandbox.toolbox('POST', '/process/session', { sessionId: 'api' })
  const { cmdId } = await sandbox.toolbox<{ cmdId: string }>('POST', '/process/session/api/exec', {
    command: program,
    runAsync: true,
  })
  const sessions = new SessionsPage(page)
  await sessions.openCommand(sandbox.id, 'api', cmdId)
  await sessions.log.expectText('done')
  await sessions.log.choose('Lines with fields')
  const lines = page.getByRole('log').locator('.line-text')
  await expect(lines).toHaveText([
    /^info\s*listening\s+http\.port=8080$/,
    /^error\s*GET failed\s+http\.port=8080\s+http\.status=503$/,
    /^warn\s*disk is full\s+free=0$/,
    /^\s*100 %$/,
    /^done$/,
  ])
  expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id)).toEqual([])

  const filter = page.getByRole('searchbox', { name: 'Filter lines by field' })
  await filter.fill('level>=warn')
  await expect(lines).toHaveCount(2)
  await filter.fill('http.status=5*')
  await expect(lines).toHaveText([/GET failed/])
  await page.getByRole('button', { name: 'Columns' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'http.port' }).click()
  await page.keyboard.press('Escape')
  await expect(lines).toHaveText([/^error\s*8080$/])
  await filter.fill('')
  await page.getByRole('combobox', { name: 'Times' }).selectOption('Since the first line')
  await expect(page.locator('.line-row .line-time').first()).toHaveText('+0.000')

  await page.getByRole('button', { name: 'Show as text' }).click()
  await sessions.log.expectText('done')
})
