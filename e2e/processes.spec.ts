/** The Processes page, and the label of what waits for input. */
import { ProcessesPage } from './pages/processes-page'
import { RunPage } from './pages/run-page'
import { SessionsPage } from './pages/sessions-page'
import { expect, type TestSandbox, test } from './support/fixtures'

async function startRun(sandbox: TestSandbox, command: string, more: object = {}): Promise<string> {
  const run = { kind: 'command', command, ...more }
  return (await sandbox.toolbox<{ id: string }>('POST', '/process/run', run)).id
}

async function startCommand(sandbox: TestSandbox, sessionId: string, command: string): Promise<string> {
  await sandbox.toolbox('POST', '/process/session', { sessionId })
  const body = { command, runAsync: true }
  return (await sandbox.toolbox<{ cmdId: string }>('POST', `/process/session/${sessionId}/exec`, body)).cmdId
}

test('the tree shows processes with memory, CPU and owner, and the owner links to its page', async ({
  page,
  sandbox,
}) => {
  await startRun(sandbox, 'sleep 5001 & sleep 5002')
  const commandId = await startCommand(sandbox, 'build', 'sleep 5003')
  const processes = new ProcessesPage(page)
  await processes.open(sandbox.id)
  await expect(processes.row('sleep 5001')).toHaveAttribute('aria-level', '2')
  await expect(processes.row('sleep 5003')).toContainText('sleeping')
  await expect(processes.row('sleep 5003')).toContainText(/\d+(\.\d)? [KM]B/)
  // CPU shares are known from the second read on.
  await expect(processes.row('sleep 5003')).toContainText('0.0 %')
  const system = processes.tree.getByRole('gridcell', { name: 'system', exact: true })
  await expect(system).toHaveCount(0)
  await processes.pane.getByRole('button', { name: /^Show \d+ system process(es)?$/ }).click()
  await expect(system.first()).toBeVisible()
  await processes.row('sleep 5003').getByRole('link', { name: 'command in build' }).click()
  await expect(page).toHaveURL(new RegExp(`/sessions/build/${commandId}$`))
})

test('a process is selected with the keyboard and terminated; the run says that the signal was requested', async ({
  page,
  sandbox,
}) => {
  const run = await startRun(sandbox, 'exec sleep 5004')
  const processes = new ProcessesPage(page)
  await processes.open(sandbox.id)
  await processes.row('sleep 5004').focus()
  await expect(processes.detail).toContainText('sleep 5004')
  await expect(page).toHaveURL(/\?process=\d+-\d+$/)
  await page.reload()
  await expect(processes.detail).toContainText('sleep 5004')
  await processes.detail.getByRole('button', { name: 'Terminate' }).click()
  await expect(processes.pane).toContainText('No processes are running.')
  await expect(processes.pane).toContainText('The selected process has ended.')
  await expect(processes.detail).toHaveCount(0)
  const runner = new RunPage(page, sandbox.id)
  await page.goto(`/sandboxes/${sandbox.id}/run/${run}`)
  await expect(runner.output).toContainText('killed SIGTERM')
  await expect(runner.output).toContainText('It was ended by SIGTERM, sent by a user.')
})

test('killing asks for confirmation and includes descendants', async ({ page, sandbox }) => {
  await startRun(sandbox, 'bash -c "sleep 5005 & sleep 5006; true" & exec sleep 5007')
  const processes = new ProcessesPage(page)
  await processes.open(sandbox.id)
  const parent = "bash -c 'sleep 5005 & sleep 5006; true'"
  await processes.choose(parent)
  await page.keyboard.press('Delete')
  const question = page.getByRole('alertdialog', { name: /^Kill process \d+ and 2 processes below it\?$/ })
  await question.getByRole('button', { name: 'Cancel' }).click()
  await expect(processes.row('sleep 5005')).toHaveCount(1)
  await processes.detail.getByRole('button', { name: 'Kill' }).click()
  await question.getByRole('button', { name: 'Kill' }).click()
  for (const killed of [parent, 'sleep 5005', 'sleep 5006']) await expect(processes.row(killed)).toHaveCount(0)
  await expect(processes.row('sleep 5007')).toHaveCount(1)
})

test('a process is paused and resumed with signals of the menu', async ({ page, sandbox }) => {
  await startRun(sandbox, 'exec sleep 5008')
  const processes = new ProcessesPage(page)
  await processes.open(sandbox.id)
  await processes.choose('sleep 5008')
  const send = async (signal: string) => {
    await processes.detail.getByRole('button', { name: 'Signal' }).click()
    await page.getByRole('menuitem', { name: signal }).click()
  }
  await send('SIGSTOP')
  await expect(processes.row('sleep 5008')).toContainText('stopped')
  await expect(processes.detail.getByRole('status')).toHaveText('SIGSTOP was sent to 1 process.')
  await send('SIGCONT')
  await expect(processes.row('sleep 5008')).toContainText('sleeping')
})

test('a sandbox without processes and a stopped one say so', async ({ page, sandbox }) => {
  const processes = new ProcessesPage(page)
  await processes.open(sandbox.id)
  await expect(processes.pane).toContainText('No processes are running.')
  await sandbox.toolbox('POST', '/process/session', { sessionId: 's' })
  await expect(processes.tree.getByRole('row').last()).toContainText('session s')
  await page
    .getByRole('button', { name: `Actions for ${sandbox.name}` })
    .first()
    .click()
  await page.getByRole('menuitem', { name: 'Stop' }).click()
  await expect(processes.pane).toContainText('The sandbox is not running')
})

test('a command that waits for input says so in the list and above its log, and its input is focused', async ({
  page,
  sandbox,
}) => {
  const commandId = await startCommand(sandbox, 'ask', 'printf "Name? "; read n; echo "hi $n"; sleep 5009')
  const sessions = new SessionsPage(page)
  await sessions.openCommand(sandbox.id, 'ask', commandId)
  await expect(sessions.commands('ask').first()).toContainText('waiting for input')
  await expect(sessions.header).toContainText('waiting for input')
  await expect(sessions.input).toBeFocused()
  await page.keyboard.type('bob')
  await page.keyboard.press('Enter')
  await sessions.log.expectText('hi bob')
  await expect(sessions.commands('ask').first()).toContainText('running')
  await expect(sessions.header).not.toContainText('waiting for input')
})

test('a run that waits for input says so and accepts it', async ({ page, sandbox }) => {
  const id = await startRun(sandbox, 'read n; echo "hi $n"', { stdin: 'open' })
  const runner = new RunPage(page, sandbox.id)
  await page.goto(`/sandboxes/${sandbox.id}/run/${id}`)
  await expect(runner.output).toContainText('waiting for input')
  await expect(runner.history.getByRole('listitem').first()).toContainText('waiting')
  const field = page.getByRole('textbox', { name: 'Input for this run' })
  await field.fill('bob')
  await field.press('Enter')
  await expect(runner.output).toContainText('exit 0')
  await expect(runner.log).toContainText('hi bob')
})
