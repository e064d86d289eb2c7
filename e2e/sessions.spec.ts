/** The Sessions page: shells, their commands, prompts and exits, with real processes in a real sandbox. */
import { AxeBuilder } from '@axe-core/playwright'
import { SessionsPage } from './pages/sessions-page'
import { expect, test } from './support/fixtures'
import { holdActions } from './support/hold-actions'

test('a prompt without a newline is shown and answered: lines, no newline, end of file, interrupt', async ({
  page,
  sandbox,
}) => {
  const sessions = new SessionsPage(page)
  await sessions.open(sandbox.id)
  await sessions.createSession('shell')
  await sessions.run('shell', 'printf "Name? "; read n; echo "hi $n"; cat; echo "<end>"; sleep 600')
  await sessions.log.expectText('Name?')
  await sessions.input.fill('bob')
  await sessions.input.press('Enter')
  await sessions.log.expectText('hi bob')
  await sessions.input.fill('half')
  await sessions.input.press('Alt+Enter')
  await sessions.log.expectText('half')
  await sessions.input.press('Control+d')
  await sessions.log.expectText('half<end>')
  await expect(sessions.input).toHaveCount(0)
  await expect(sessions.log.pane).toContainText('does not accept input')
  await sessions.log.pane.getByRole('button', { name: /^Interrupt/ }).click()
  await expect(sessions.header).toContainText(/killed SIGINT|exit 130/)
})

test('pasted lines stay lines in the input of a command and are sent as such', async ({ context, page, sandbox }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const sessions = new SessionsPage(page)
  await sessions.open(sandbox.id)
  await sessions.createSession('paste')
  await sessions.run('paste', 'while read line; do echo "[$line]"; done')
  await page.evaluate(() => navigator.clipboard.writeText('one two\nthree\n\nfour'))
  await sessions.input.click()
  await page.keyboard.press('ControlOrMeta+v')
  await expect(sessions.input).toHaveValue('one two\nthree\n\nfour')
  await expect(page.getByText('4 lines', { exact: true })).toBeVisible()
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('five')
  await expect(page.getByText('5 lines', { exact: true })).toBeVisible()
  await sessions.log.expectLines([])
  await page.keyboard.press('Enter')
  await expect(sessions.input).toHaveValue('')
  await sessions.log.expectLines(['[one two]', '[three]', '[]', '[four]', '[five]'])
})

test('the list of sessions is filtered by name and state', async ({ page, sandbox }) => {
  for (const sessionId of ['build-api', 'build-web', 'deploy'])
    await sandbox.toolbox('POST', '/process/session', { sessionId })
  await sandbox.toolbox('POST', '/process/session/build-web/exec', { command: 'sleep 60', runAsync: true })
  const sessions = new SessionsPage(page)
  await sessions.open(sandbox.id)
  const list = page.getByRole('list', { name: 'Sessions' }).getByRole('listitem')
  await expect(list).toHaveCount(4)
  await page.keyboard.press('/')
  const filter = page.getByRole('searchbox', { name: 'Filter sessions' })
  await expect(filter).toBeFocused()
  await page.keyboard.type('build')
  await expect(list).toHaveCount(2)
  await page.keyboard.type(' running')
  await expect(list).toHaveText([/build-web/])
  await filter.fill('nothing')
  await expect(page.getByText('No session matches')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(list).toHaveCount(4)
})

test('without input a command reads end-of-file at once; the queue is visible and in order', async ({
  page,
  sandbox,
}) => {
  const sessions = new SessionsPage(page)
  await sessions.open(sandbox.id)
  await sessions.createSession('queue')
  await sessions.run('queue', 'read go; echo first')
  await sessions.run('queue', 'cat; echo second', { acceptsInput: false })
  await expect(sessions.commands('queue').first()).toContainText('queued')
  await expect(sessions.log.pane).toContainText('Queued. The command starts when the one before it ends.')
  await sessions.commands('queue').last().getByRole('link').click()
  await sessions.input.press('Enter')
  await expect(sessions.commands('queue').last()).toContainText('exit 0')
  await expect(sessions.commands('queue').first()).toContainText('exit 0')
  await sessions.commands('queue').first().getByRole('link').click()
  await sessions.log.expectLines(['second'])
})

test('the composer recalls commands with the arrow keys and keeps the current draft', async ({ page, sandbox }) => {
  const sessions = new SessionsPage(page)
  await sessions.open(sandbox.id)
  await sessions.createSession('history')
  await sessions.run('history', 'echo one')
  await sessions.run('history', 'cd /tmp && pwd')
  await sessions.log.expectLines(['/tmp'])
  const field = page.getByRole('textbox', { name: 'Command' })
  await field.fill('draft')
  await field.press('ArrowUp')
  await expect(field).toHaveValue('cd /tmp && pwd')
  await field.press('ArrowUp')
  await expect(field).toHaveValue('echo one')
  await field.press('ArrowDown')
  await field.press('ArrowDown')
  await expect(field).toHaveValue('draft')
  await field.fill('pwd')
  await field.press('Enter')
  await expect(sessions.commands('history')).toHaveCount(3)
  await sessions.log.expectLines(['/tmp'])
})

test('what is typed while a command is being sent is kept, and commands start in the order of Enter', async ({
  page,
  sandbox,
}) => {
  const sessions = new SessionsPage(page)
  await sessions.open(sandbox.id)
  await sessions.createSession('quick')
  const field = page.getByRole('textbox', { name: 'Command' })
  const held = await holdActions(page)
  await field.fill('echo first')
  await field.press('Enter')
  await expect(field).toHaveValue('')
  await field.fill('echo second')
  await field.press('Enter')
  await field.fill('echo draft')
  await held.release()
  await expect(sessions.commands('quick')).toHaveCount(2)
  await expect(sessions.commands('quick').first()).toContainText('echo second')
  await expect(field).toHaveValue('echo draft')

  const failing = await holdActions(page)
  await field.fill('echo lost')
  await field.press('Enter')
  await field.fill('echo later')
  await field.press('Enter')
  await field.fill('echo draft')
  await failing.abort()
  await expect(field).toHaveValue('echo lost\necho later\necho draft')
  await expect(sessions.commands('quick')).toHaveCount(2)
})

test('a command that left processes running lists them, and one click kills them', async ({ page, sandbox }) => {
  const sessions = new SessionsPage(page)
  await sessions.open(sandbox.id)
  await sessions.createSession('left')
  await sessions.run('left', 'sleep 4321 & echo done')
  await expect(sessions.header).toContainText('exit 0')
  await expect(sessions.log.pane).toContainText('1 process is still running in the background')
  await expect(sessions.log.pane).toContainText('sleep 4321')
  await sessions.log.pane.getByRole('button', { name: 'Kill' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Kill 1 process' }).click()
  await expect(sessions.log.pane).not.toContainText('still running')
  const { processes } = await sandbox.toolbox<{ processes: unknown[] }>('GET', '/process/session/left/processes')
  expect(processes).toEqual([])
})

test('Stop ends a command with all it started, and the log says who stopped it', async ({ page, sandbox }) => {
  const sessions = new SessionsPage(page)
  await sessions.open(sandbox.id)
  await sessions.createSession('stop')
  await sessions.run('stop', 'echo begun; sleep 600')
  await sessions.log.expectLines(['begun'])
  await page.keyboard.press('ControlOrMeta+.')
  await expect(sessions.header).toContainText('stopped')
  await expect(sessions.log.pane).toContainText(/Stopped on request · SIG[A-Z]+/)
})

test('an ended session says why and offers a new one in the same directory', async ({ page, sandbox }) => {
  await sandbox.toolbox('POST', '/process/session', { sessionId: 'over', cwd: '/tmp' })
  const sessions = new SessionsPage(page)
  await sessions.open(sandbox.id)
  await page.getByRole('link', { name: /^over/ }).click()
  await sessions.run('over', 'exit 7')
  const pane = page.getByRole('region', { name: 'Commands in over' })
  await expect(pane).toContainText(/exit(ed with)?( code)? 7/)
  await expect(page.getByRole('form')).toHaveCount(0)
  await pane.getByRole('button', { name: 'New session in the same directory' }).click()
  const dialog = page.getByRole('dialog', { name: 'New session' })
  await expect(dialog.getByLabel('Working directory')).toHaveValue('/tmp')
  await dialog.getByRole('button', { name: 'Create session' }).click()
  await page.waitForURL(/\/sessions\/over-1$/)
  await sessions.run('over-1', 'pwd')
  await sessions.log.expectLines(['/tmp'])
})

test('deleting a session lists its running processes, keeps the selected ones and kills the rest', async ({
  page,
  sandbox,
}) => {
  const sessions = new SessionsPage(page)
  await sessions.open(sandbox.id)
  await sessions.createSession('servers')
  await sessions.run('servers', 'sleep 1111 & sleep 2222 & echo up')
  await sessions.log.expectLines(['up'])
  await page.getByRole('button', { name: 'Delete session' }).click()
  const question = page.getByRole('alertdialog')
  await question.getByRole('checkbox', { name: /sleep 1111/ }).check()
  await question.getByRole('button', { name: 'Delete, kill 1, keep 1' }).click()
  await expect(question).toHaveCount(0)
  await expect(page.getByRole('link', { name: /^servers/ })).toHaveCount(0)
  const alive = async (seconds: number) =>
    (
      await sandbox.toolbox<{ result: string }>('POST', '/process/execute', {
        command: `pgrep -xf 'sleep ${seconds}' | wc -l`,
      })
    ).result.trim()
  await expect.poll(() => alive(2222)).toBe('0')
  expect(await alive(1111)).toBe('1')
})

test('addresses open directly, survive a reload, and report what does not exist', async ({ page, sandbox }) => {
  await sandbox.toolbox('POST', '/process/session', { sessionId: 'deep' })
  const { cmdId } = await sandbox.toolbox<{ cmdId: string }>('POST', '/process/session/deep/exec', {
    command: 'seq 3; exit 0',
    runAsync: true,
  })
  await sandbox.toolbox('POST', '/process/session/deep/exec', { command: 'echo later', runAsync: true }).catch(ended)
  const sessions = new SessionsPage(page)
  await sessions.openCommand(sandbox.id, 'deep', cmdId)
  await sessions.log.expectLines(['1', '2', '3'])
  await page.reload()
  await sessions.log.expectLines(['1', '2', '3'])
  await page.goto(`/sandboxes/${sandbox.id}/sessions/none`)
  await expect(page.getByText('This session does not exist.')).toBeVisible()
  await page.goto(`/sandboxes/${sandbox.id}/sessions/deep/3e9f1d2c-0000-4000-8000-000000000000`)
  await expect(page.getByText(/This command does not exist/)).toBeVisible()
})

/** `exit 0` in the previous command may already have ended the shell. */
function ended(): void {
  // Nothing to do: the test is about the first command.
}

test('changes made elsewhere appear without a reload', async ({ page, sandbox }) => {
  const sessions = new SessionsPage(page)
  await sessions.open(sandbox.id)
  await expect(page.getByText('No sessions yet.')).toBeVisible()
  await sandbox.toolbox('POST', '/process/session', { sessionId: 'from-sdk' })
  await expect(page.getByRole('link', { name: /^from-sdk/ })).toBeVisible()
  await page.getByRole('link', { name: /^from-sdk/ }).click()
  await sandbox.toolbox('POST', '/process/session/from-sdk/exec', { command: 'echo by sdk', runAsync: true })
  await expect(sessions.commands('from-sdk').first()).toContainText('exit 0')
  await sandbox.toolbox('DELETE', '/process/session/from-sdk')
  await expect(page.getByRole('link', { name: /^from-sdk/ })).toHaveCount(0)
})

test('watching a sandbox is not activity; running something is', async ({ page, sandbox, connection }) => {
  const sessions = new SessionsPage(page)
  await sessions.open(sandbox.id)
  await sessions.createSession('watched')
  await sessions.run('watched', 'echo seen')
  await expect(sessions.header).toContainText('exit 0')
  const lastActivity = async (): Promise<string> => {
    const headers = { authorization: `Bearer ${connection.apiKey}` }
    return (await (await fetch(`${connection.apiUrl}/sandbox/${sandbox.id}`, { headers })).json()).lastActivityAt
  }
  const before = await lastActivity()
  await page.reload()
  await sessions.log.expectLines(['seen'])
  await page.getByRole('link', { name: 'Run', exact: true }).click()
  await expect(page.getByRole('region', { name: 'Runs' })).toContainText('Runs appear here')
  expect(await lastActivity()).toBe(before)
  await page.goBack()
  await sessions.run('watched', 'echo done')
  await expect.poll(lastActivity).not.toBe(before)
})

test('everything works by keyboard: lists, panes, run and input', async ({ page, sandbox }) => {
  for (const sessionId of ['a', 'b']) await sandbox.toolbox('POST', '/process/session', { sessionId })
  const sessions = new SessionsPage(page)
  await sessions.open(sandbox.id)
  await expect(page).toHaveURL(/\/sessions\/b$/)
  // An empty pane takes the focus itself.
  await page.getByRole('region', { name: 'Sessions' }).locator('[data-pane-focus]').waitFor()
  await page.keyboard.press('F6')
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toMatch(/^b/)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/sessions\/a$/)
  await expect(page.getByRole('form', { name: 'Run a command in a' })).toBeVisible()
  await page.keyboard.press('r')
  await page.keyboard.type('read x; echo got $x')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/sessions\/a\/[0-9a-f-]{36}$/)
  await sessions.input.waitFor()
  await sessions.log.pane.getByRole('log').focus()
  await page.keyboard.press('i')
  await page.keyboard.type('it')
  await page.keyboard.press('Enter')
  await sessions.log.expectText('got it')
})

test('on a phone one pane at a time, and nothing scrolls sideways', async ({ page, sandbox }) => {
  await page.setViewportSize({ width: 360, height: 740 })
  const sessions = new SessionsPage(page)
  await sessions.open(sandbox.id)
  await sessions.createSession('phone')
  await sessions.run('phone', 'echo small; read wait')
  await sessions.log.expectLines(['small'])
  await expect(page.getByRole('region', { name: 'Sessions' })).toHaveCount(0)
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0)
  await page.getByRole('radio', { name: 'Commands' }).click()
  await expect(sessions.commands('phone')).toHaveCount(1)
  await page.getByRole('radio', { name: 'Sessions' }).click()
  await expect(page.getByRole('link', { name: /^phone/ })).toBeVisible()
})

for (const theme of ['dark', 'light'] as const) {
  test(`no accessibility violations, ${theme}`, async ({ context, page, sandbox, connection }) => {
    await context.addCookies([{ name: 'sandglass-theme', value: theme, url: connection.consoleUrl }])
    const violations = async () => {
      const { violations: found } = await new AxeBuilder({ page }).analyze()
      return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`))
    }
    // No animations, so that axe does not see intermediate colours.
    await page.emulateMedia({ reducedMotion: 'reduce' })
    const sessions = new SessionsPage(page)
    await sessions.open(sandbox.id)
    await expect(page.getByText('No sessions yet.')).toBeVisible()
    expect(await violations()).toEqual([])
    await sessions.createSession('axe')
    await sessions.run('axe', 'sleep 300 & echo out; echo err >&2; exit 4')
    await sessions.log.expectText('err')
    await expect(sessions.header).toContainText('exit 4')
    expect(await violations()).toEqual([])
    await page.keyboard.press('ControlOrMeta+f')
    await page.keyboard.type('out')
    expect(await violations()).toEqual([])
  })
}
