/** Terminals in the browser, against the real engine. */
import { TerminalPage } from './pages/terminal-page'
import { expect, test } from './support/fixtures'

test('a terminal is created, takes input, and shows the same screen after a reload', async ({ page, sandbox }) => {
  const terminal = new TerminalPage(page)
  await terminal.open(sandbox.id)
  await expect(page.getByText('No terminals yet.')).toBeVisible()
  const pane = await terminal.create('sh-1')
  await expect(page).toHaveURL(/\/terminal\/sh-1$/)
  await pane.run('printf "\\033[31mred\\033[0m %s\\n" "$((6*7))"')
  await expect(pane.screen).toContainText('red 42')
  await pane.run('seq 200 | less')
  await expect(pane.screen).toContainText(':')
  await page.keyboard.press('Space')
  const before = await pane.rows()
  await page.reload()
  await expect(async () => expect(await pane.rows()).toEqual(before)).toPass()
  await pane.input.focus()
  await page.keyboard.press('q')
  await expect(pane.screen).toContainText('red 42')
})
