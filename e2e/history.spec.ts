/** The History page: what ran in all sandboxes, also in deleted ones, why it ended, and running it again. */
import { AxeBuilder } from '@axe-core/playwright'
import { HistoryPage } from './pages/history-page'
import { RunPage } from './pages/run-page'
import { expect, test } from './support/fixtures'

test('what ran is found, explained, compared, run again, and stays after its sandbox was deleted', async ({
  page,
  makeSandbox,
  connection,
}) => {
  // The history of this test alone, although others run beside it.
  const mark = `h${Date.now().toString(36)}`
  const label = `label:story=${mark}`
  const labels = { 'code-toolbox-language': 'python', story: mark }
  const [sandbox, other] = [await makeSandbox({ labels }), await makeSandbox({ labels })]
  const run = (command: string, rest: Record<string, unknown> = {}) =>
    sandbox.toolbox<{ exitCode: number }>('POST', '/process/execute', { command, ...rest })
  await sandbox.toolbox('POST', '/process/code-run', { language: 'python', code: `print("${mark} one")` })
  await run(`echo ${mark}; exit 3`, { envs: { SECRET_NAME: `value-${mark}` } })
  for (let count = 0; count < 3; count += 1) await run(`test -e /tmp/${mark} && echo again; touch /tmp/${mark}; true`)
  await sandbox.toolbox('POST', '/process/session', { sessionId: 'build' })
  await sandbox.toolbox('POST', '/process/session/build/exec', { command: `gti status ${mark}` })
  await other.toolbox('POST', '/process/execute', { command: `echo ${mark} from the other` })

  const history = new HistoryPage(page)
  await history.open({ q: label })
  await expect(history.rows).toHaveCount(7)
  await expect(history.row('gti status')).toContainText('exit 127')

  // A command that was not found, with a similar name, here and in its session.
  await history.row('gti status').click()
  await expect(history.entry).toContainText('The shell did not find gti. Did you mean git?')
  await expect(history.entry).toContainText('command not found')
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`))).toEqual([])
  await history.entry.getByRole('link', { name: 'Open all of it' }).click()
  await expect(page.getByRole('region', { name: `Log of gti status ${mark}` })).toContainText('Did you mean git?')
  await page.goBack()

  // Names of the environment, never values.
  await history.row('exit 3').click()
  await expect(history.entry).toContainText('SECRET_NAME')
  await expect(history.entry).not.toContainText(`value-${mark}`)
  await expect(history.entry.getByRole('button', { name: 'Run again' })).toBeDisabled()

  // Pin, name and tag.
  await history.entry.getByRole('button', { name: 'Pin', exact: true }).click()
  await history.entry.getByLabel('Name').fill(`The ${mark} failure`)
  await history.entry.getByLabel('Tags').fill('flaky ci')
  await history.entry.getByRole('button', { name: 'Save' }).click()
  await expect(history.entry.getByRole('status').getByText('Saved')).toBeVisible()
  await history.filter.fill(`${label} is:pinned tag:ci`)
  await expect(history.rows).toHaveCount(1)
  await expect(history.row(`The ${mark} failure`)).toHaveCount(1)

  // The filter is in the address.
  await history.pane.getByLabel('State').selectOption('Failed')
  await expect.poll(() => new URL(page.url()).searchParams.get('q')).toBe(`${label} is:pinned tag:ci state:failed`)
  await history.filter.fill(`${label} touch`)
  await expect(history.rows).toHaveCount(3)
  await history.pane.getByRole('button', { name: 'Group identical' }).click()
  await expect(history.rows).toHaveCount(1)
  await expect(history.rows).toContainText('ran 3 times')
  await history.pane.getByRole('button', { name: 'Group identical' }).click()

  // Compare with the run before.
  await history.rows.first().click()
  await history.entry.getByRole('button', { name: 'Compare with another entry' }).click()
  const comparison = page.getByRole('region', { name: 'Comparison of two entries' })
  await comparison.getByRole('radio', { name: 'Output' }).click()
  await expect(comparison).toContainText('The history stores the last')
  await comparison.getByRole('button', { name: 'Close the comparison' }).click()

  // Run again, and edit and run; a link fills the editor, but runs nothing.
  await history.filter.fill(`${label} one`)
  await expect(history.rows).toHaveCount(1)
  await history.rows.first().click()
  await history.entry.getByRole('button', { name: 'Run again' }).click()
  await expect(page).toHaveURL(/\/run\/./)
  const runner = new RunPage(page, sandbox.id)
  await expect(runner.output).toContainText('exit 0')
  await history.open({ q: `${label} one` })
  await expect(history.rows).toHaveCount(2)
  await history.rows.first().click()
  await history.entry.getByRole('button', { name: 'Edit and run' }).click()
  await expect(page).toHaveURL(/\/run$/)
  await expect(runner.editor).toContainText(`${mark} one`)

  // A deleted sandbox.
  await fetch(`${connection.apiUrl}/sandbox/${other.id}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${connection.apiKey}` },
  })
  await history.open({ q: `${label} "from the other"` })
  await expect(history.rows).toContainText('(deleted)')
  await history.rows.first().click()
  await expect(history.entry).toContainText(`${mark} from the other`)
  await expect(history.entry.getByRole('link', { name: 'Open all of it' })).toHaveCount(0)

  // The tab of a sandbox has its own entries only.
  await history.open({ sandboxId: sandbox.id })
  await expect(history.row('gti status')).toHaveCount(1)
  await expect(history.row('from the other')).toHaveCount(0)
  await history.filter.fill('nothing has this text')
  await expect(history.pane).toContainText('Nothing in the history matches this filter.')
})

for (const [theme, width] of [
  ['dark', 390],
  ['light', 390],
  ['light', 1440],
] as const) {
  test(`accessible, ${theme}, ${width} px wide`, async ({ page, context, sandbox, connection }) => {
    await sandbox.toolbox('POST', '/process/execute', { command: 'cat /nope' })
    await context.addCookies([{ name: 'sandglass-theme', value: theme, url: connection.consoleUrl }])
    await page.setViewportSize({ width, height: 800 })
    const history = new HistoryPage(page)
    await history.open({ sandboxId: sandbox.id })
    const check = async () => {
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`))).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
    }
    await expect(history.row('cat /nope')).toHaveCount(1)
    await check()
    await history.row('cat /nope').click()
    await expect(history.entry).toContainText('No such file')
    await check()
  })
}
