/** The live wall: panes by hand and by rule, their ends, the keyboard, saved views, and what is not visible. */
import { WallPage } from './pages/wall-page'
import { expect, test } from './support/fixtures'

test('a wall is filled by hand and by rule, shows how its panes end, and is saved under a name', async ({
  page,
  makeSandbox,
}) => {
  const team = `t${Date.now()}`
  const sandbox = await makeSandbox({ name: `wall-${team}`, labels: { team } })
  const start = async (session: string, command: string) => {
    await sandbox.toolbox('POST', '/process/session', { sessionId: session })
    const path = `/process/session/${session}`
    const { cmdId } = await sandbox.toolbox<{ cmdId: string }>('POST', `${path}/exec`, { command, runAsync: true })
    return (data: string) => sandbox.toolbox('POST', `${path}/command/${cmdId}/input`, { data })
  }
  const sayToBuild = await start('build', 'while read line; do echo "built $line"; done')
  const sayToNightly = await start('nightly', `read line; echo "KeyError: 'id'" >&2; (exit 3)`)
  await start('web', 'echo serving; sleep 600')

  const wall = new WallPage(page)
  await wall.open()
  await expect(page.getByText('Nothing on this wall yet')).toBeVisible()
  await wall.add(`${sandbox.name} build`, `${sandbox.name} nightly`, `${sandbox.name} web`)
  await expect(wall.panes).toHaveCount(3)
  await expect(wall.pane(sandbox.name, 'web').getByRole('log')).toContainText('serving')
  await sayToBuild('page 1\n')
  await expect(wall.pane(sandbox.name, 'build').getByRole('log')).toContainText('built page 1')

  // The end of a pane: a word, how long it ran, and the last line.
  await sayToNightly('\n')
  const nightly = wall.pane(sandbox.name, 'nightly')
  await expect(nightly).toHaveAccessibleName(/exit 3$/)
  await expect(nightly).toContainText("Last line: KeyError: 'id'")
  await expect(nightly).toContainText(/after \d/)

  // Arrows select, x removes, Enter opens.
  await wall.panes.nth(0).focus()
  await page.keyboard.press('ArrowRight')
  await expect(wall.panes.nth(1)).toBeFocused()
  await page.keyboard.press('x')
  await expect(wall.panes).toHaveCount(2)
  await expect(wall.pane(sandbox.name, 'nightly')).toHaveCount(0)
  await wall.pane(sandbox.name, 'build').focus()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/sessions\/build/)
  await page.goBack()
  await expect(wall.panes).toHaveCount(2)

  // A rule lets a session join when it runs something, and leave some time after it ended.
  await page.getByRole('button', { name: 'Rules…' }).click()
  const rules = page.getByRole('dialog', { name: 'Rules' })
  await rules.getByLabel('Label of the sandbox').fill(`team=${team}`)
  await rules.getByLabel('Session').fill('ci-*')
  await rules.getByRole('button', { name: 'Add rule' }).click()
  await expect(rules.getByRole('listitem')).toContainText(`label:team=${team} session:ci-*`)
  await rules.getByLabel('Ended panes leave').selectOption('after 10 seconds')
  await page.keyboard.press('Escape')
  await expect(page).toHaveURL(/rule=.*leave=10/)
  const sayToCi = await start('ci-1', 'echo testing; read line; true')
  await expect(wall.pane(sandbox.name, 'ci-1').getByRole('log')).toContainText('testing')
  await sayToCi('\n')
  await expect(wall.pane(sandbox.name, 'ci-1')).toHaveCount(0)
  await expect(wall.panes).toHaveCount(2)

  // A view has a name and a link.
  await page.getByRole('button', { name: 'View', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Save view as…' }).click()
  const save = page.getByRole('dialog', { name: 'Save view' })
  await save.getByLabel('Name').fill('Nightly deploy')
  await save.getByRole('button', { name: 'Save' }).click()
  await expect(page).toHaveURL(/view=Nightly/)
  await wall.open('?view=Nightly+deploy')
  await expect(wall.panes).toHaveCount(2)

  // Panes that are not visible are not received, and catch up when they are.
  await expect.poll(() => wall.streams()).toBe(2)
  await page.setViewportSize({ width: 390, height: 300 })
  await expect.poll(() => wall.streams()).toBe(1)
  await sayToBuild('page 2\n')
  await page.setViewportSize({ width: 1440, height: 900 })
  await expect.poll(() => wall.streams()).toBe(2)
  await expect(wall.pane(sandbox.name, 'build').getByRole('log')).toContainText('built page 2')
})
