/** The Run page: code and commands, their live output, and the history, with real programs in a real sandbox. */
import { RunPage } from './pages/run-page'
import { expect, test } from './support/fixtures'

test('Python output arrives live with both streams distinguished, and survives a reload', async ({ page, sandbox }) => {
  const runner = new RunPage(page, sandbox.id)
  await runner.open()
  await runner.write(
    [
      'import os, sys, time',
      'print("first", flush=True)',
      'while not os.path.exists("go"): time.sleep(0.02)',
      'print("oops", file=sys.stderr)',
      'sys.exit(3)',
    ].join('\n'),
  )
  await page.keyboard.press('ControlOrMeta+Enter')
  await expect(page).toHaveURL(/\/run\/[0-9a-f-]{36}$/)
  await expect(runner.log).toContainText('first')
  await expect(runner.stop).toBeVisible()
  await sandbox.toolbox('POST', '/process/execute', { command: 'touch go' })
  await expect(runner.output).toContainText('exit 3')
  await expect(runner.log).toContainText('oops')

  await page.reload()
  await expect(runner.log).toContainText('first')
  await expect(runner.log).toContainText('oops')
  await expect(runner.output).toContainText('exit 3')
  await expect(runner.output).toContainText(/took \d/)
  await expect(runner.history.getByRole('link')).toHaveCount(2)
  await expect(runner.editor).toContainText('sys.exit(3)')
})

test('arguments, directory and environment reach the program exactly', async ({ page, sandbox }) => {
  const runner = new RunPage(page, sandbox.id)
  await runner.open()
  await runner.write('import os, sys, json\nprint(json.dumps([sys.argv[1:], os.getcwd(), os.environ["GREETING"]]))\n')
  await page.getByLabel('Arguments').fill(`plain 'two words' "it's" ''`)
  await page.getByLabel('Directory').fill('/tmp')
  await runner.setVariable('GREETING', 'hello = there')
  await runner.start()
  await expect(runner.log).toContainText(`[["plain", "two words", "it's", ""], "/tmp", "hello = there"]`)
  await expect(runner.output).toContainText('exit 0')
})

for (const [language, code] of [
  ['JavaScript', 'console.log([1, 2, 3].map((n) => n * 2).join("-"))\n'],
  ['TypeScript', 'const join = (all: number[]): string => all.join("-")\nconsole.log(join([2, 4, 6]))\n'],
  ['Shell', 'printf "%s-" 2 4\necho 6\n'],
] as const) {
  test(`${language} runs`, async ({ page, sandbox }) => {
    const runner = new RunPage(page, sandbox.id)
    await runner.open()
    await runner.choose(language)
    await runner.write(code)
    await runner.start()
    await expect(runner.log).toContainText('2-4-6')
    await expect(runner.output).toContainText('exit 0')
  })
}

test('Stop ends a run and says who stopped it', async ({ page, sandbox }) => {
  const runner = new RunPage(page, sandbox.id)
  await runner.open()
  await runner.choose('Shell')
  await runner.write('echo begun; sleep 600')
  await runner.start()
  await expect(runner.log).toContainText('begun')
  await page.keyboard.press('ControlOrMeta+.')
  await expect(runner.output).toContainText(/Stopped on request · SIG[A-Z]+/)
  await expect(runner.output.locator('header')).toContainText('stopped')
  await expect(runner.history).toContainText('stopped')
})

test('the timeout is shown and enforced, and the output until then is kept', async ({ page, sandbox }) => {
  const runner = new RunPage(page, sandbox.id)
  await runner.open()
  await runner.choose('Shell')
  await runner.write('echo before; sleep 600')
  await runner.setTimeout('1')
  await runner.start()
  await expect(runner.output.locator('header')).toContainText('timeout 1 s')
  await expect(runner.log).toContainText('before')
  await expect(runner.output.locator('footer')).toContainText('timeout 1 s')
})

test('invalid input is reported in place', async ({ page, sandbox }) => {
  const runner = new RunPage(page, sandbox.id)
  await runner.open()
  const alert = page.getByRole('region', { name: 'Editor' }).getByRole('alert')
  await runner.run.click()
  await expect(alert).toContainText('Write some code first.')
  await runner.write('print(1)')
  await page.getByLabel('Arguments').fill("'open")
  await runner.setTimeout('0')
  await runner.setVariable('1BAD', 'x')
  await runner.run.click()
  await expect(alert).toContainText("A ' in the arguments is not closed.")
  await expect(alert).toContainText('A name in the environment is not valid.')
  await expect(alert).toContainText('whole number of seconds')
  await expect(page).toHaveURL(/\/run$/)
})

test('processes that outlive a run are listed and can be killed', async ({ page, sandbox }) => {
  const runner = new RunPage(page, sandbox.id)
  await runner.open()
  await runner.choose('Shell')
  await runner.write('sleep 543 & echo left it')
  await runner.start()
  await expect(runner.output).toContainText('exit 0')
  await expect(runner.output).toContainText('1 process is still running in the background.')
  await expect(runner.output).toContainText('sleep 543')
  await runner.output.getByRole('button', { name: 'Kill' }).click()
  await page.getByRole('button', { name: 'Kill 1 process' }).click()
  await expect(runner.output.getByText('still running in the background')).toHaveCount(0)
  await expect(runner.output).toContainText('exit 0')
})

test('a run can be run again, opened in the editor, and deleted', async ({ page, sandbox }) => {
  const runner = new RunPage(page, sandbox.id)
  await runner.open()
  await runner.write('import sys\nprint("hello", sys.argv[1])\n')
  await page.getByLabel('Arguments').fill('one')
  const first = await runner.start()
  await expect(runner.log).toContainText('hello one')
  await runner.write('something else')

  await runner.output.getByRole('button', { name: 'Run again' }).click()
  await expect(page).not.toHaveURL(new RegExp(first))
  await expect(runner.log).toContainText('hello one')
  await expect(runner.history.getByRole('link')).toHaveCount(2)

  await runner.output.getByRole('button', { name: /^Edit/ }).click()
  await expect(runner.editor).toContainText('print("hello", sys.argv[1])')
  await expect(page.getByLabel('Arguments')).toHaveValue('one')

  await runner.output.getByRole('button', { name: 'Delete run' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete run' }).click()
  await expect(runner.history.getByRole('link')).toHaveCount(1)
  await expect(page).toHaveURL(/\/run$/)

  await runner.history.getByRole('link').click()
  await expect(page).toHaveURL(new RegExp(first))
  await page.goBack()
  await expect(page).toHaveURL(/\/run$/)
})

test('drafts are stored per language and survive a reload', async ({ page, sandbox }) => {
  const runner = new RunPage(page, sandbox.id)
  await runner.open()
  await runner.write('# python draft')
  await runner.choose('Shell')
  await runner.write('echo shell draft')
  await page.reload()
  await expect(runner.editor).toContainText('echo shell draft')
  await runner.choose('Python')
  await expect(runner.editor).toContainText('# python draft')
})

test('a link fills the editor and starts nothing', async ({ page, sandbox }) => {
  const runner = new RunPage(page, sandbox.id)
  await page.goto(`/sandboxes/${sandbox.id}/run?sample=first`)
  await expect(runner.editor).toContainText('tick')
  await expect(runner.history).toContainText('Runs appear here')
  const { runs } = await sandbox.toolbox<{ runs: unknown[] }>('GET', '/process/run')
  expect(runs).toEqual([])
})

test('runs of an SDK appear without a reload and are marked', async ({ page, sandbox }) => {
  const runner = new RunPage(page, sandbox.id)
  await runner.open()
  await expect(page.getByRole('contentinfo')).toContainText('connected')
  await sandbox.toolbox('POST', '/process/code-run', { code: 'print("from outside")', language: 'python' })
  await expect(runner.history.getByRole('link')).toContainText('print("from outside")')
  await expect(runner.history.getByRole('link')).toContainText('api')
  await runner.history.getByRole('link').click()
  await expect(runner.log).toContainText('from outside')
})

test('a stopped sandbox shows its runs, starts none, and can be started there', async ({
  page,
  sandbox,
  connection,
}) => {
  const { id } = await sandbox.toolbox<{ id: string }>('POST', '/process/run', {
    kind: 'command',
    command: 'echo kept',
  })
  const runner = new RunPage(page, sandbox.id)
  await runner.open(id)
  await expect(runner.output).toContainText('exit 0')
  const authorized = { method: 'POST', headers: { authorization: `Bearer ${connection.apiKey}` } }
  await fetch(`${connection.apiUrl}/sandbox/${sandbox.id}/stop`, authorized)
  await expect(page.getByText('Stopped on request at')).toBeVisible()
  await expect(runner.run).toBeDisabled()
  await page.reload()
  await expect(runner.log).toContainText('kept')
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await expect(page.getByText('Stopped on request at')).toHaveCount(0)
  await expect(runner.run).toBeEnabled()
})

test('a run can be copied as curl, Python and TypeScript', async ({ page, sandbox }) => {
  const runner = new RunPage(page, sandbox.id)
  await runner.open()
  await runner.write('print("here")')
  await page.getByRole('button', { name: 'Copy as code' }).click()
  const dialog = page.getByRole('dialog', { name: 'Copy as code' })
  await expect(dialog).toContainText('process/code-run')
  await dialog.getByRole('radio', { name: 'TypeScript' }).click()
  await expect(dialog).toContainText('sandbox.process.codeRun(')
  await expect(dialog).not.toContainText('Bearer sg_')
})

test('F6 cycles through the panes', async ({ page, sandbox }) => {
  const runner = new RunPage(page, sandbox.id)
  await runner.open()
  await page.keyboard.press('F6')
  await expect(runner.editor).toBeFocused()
  await page.keyboard.press('F6')
  await expect(runner.history).toBeFocused()
  await page.keyboard.press('F6')
  await expect(runner.output).toBeFocused()
  await page.keyboard.press('Shift+F6')
  await expect(runner.history).toBeFocused()
})

test('on a phone there is one pane at a time and a run shows its output', async ({ page, sandbox }) => {
  await page.setViewportSize({ width: 360, height: 740 })
  const runner = new RunPage(page, sandbox.id)
  await runner.open()
  await expect(runner.output).toHaveCount(0)
  await runner.write('print("small screen")')
  await runner.start()
  await expect(runner.log).toContainText('small screen')
  await page.getByRole('radio', { name: 'Runs' }).click()
  await expect(runner.history.getByRole('link')).toHaveCount(1)
  await runner.history.getByRole('link').click()
  await expect(runner.log).toBeVisible()
  await page.getByRole('radio', { name: 'Code' }).click()
  await expect(runner.editor).toContainText('small screen')
})
