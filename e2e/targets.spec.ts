/** The console with a target that has none of our extensions: everything works, with fewer features. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { FilesPage } from './pages/files-page'
import { InfoPage } from './pages/info-page'
import { InterpreterPage } from './pages/interpreter-page'
import { Log } from './pages/log'
import { PortsPane } from './pages/ports-pane'
import { RunPage } from './pages/run-page'
import { SessionsPage } from './pages/sessions-page'
import { TerminalPage } from './pages/terminal-page'
import { type PlainTarget, startPlainTarget } from './support/plain-target'
import { launchProduct, type Product } from './support/product'

test.describe.configure({ mode: 'serial' })

let engine: Product
let remote: PlainTarget
let product: Product
let folder: string
let page: Page
let sandboxId: string

test.beforeAll(async ({ browser }) => {
  test.setTimeout(200_000)
  engine = await launchProduct({ script: 'engine' })
  const { apiUrl, apiKey } = await engine.connection()
  remote = await startPlainTarget(new URL(apiUrl).origin)
  folder = await mkdtemp(join(tmpdir(), 'sandglass-targets-'))
  const file = join(folder, 'targets.json')
  await writeFile(file, JSON.stringify([{ name: 'staging', apiUrl: remote.apiUrl, apiKey }]), { mode: 0o600 })
  product = await launchProduct({ env: { SANDGLASS_TARGETS: file } })
  const { signInUrl, consoleUrl } = await product.connection()
  page = await (await browser.newContext({ baseURL: consoleUrl })).newPage()
  await page.goto(signInUrl)
})
test.afterAll(async () => {
  await page.context().close()
  await Promise.all([product.stop(), engine.stop()])
  await remote.close()
  await Promise.all([product.remove(), engine.remove(), rm(folder, { recursive: true })])
})

/** Runs a command through the API of the proxied engine, as another program would. */
async function execute(command: string): Promise<void> {
  const { toolboxUrl, apiKey } = await engine.connection()
  const response = await fetch(`${toolboxUrl}/${sandboxId}/process/execute`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ command }),
  })
  expect(response.status).toBe(200)
}

test('another target is selected in the navigation, and the addresses of its pages contain its name', async () => {
  await page.getByRole('button', { name: 'Target: local' }).click()
  await page.getByRole('menuitemradio', { name: /^staging/ }).click()
  await expect(page).toHaveURL(/\/targets\/staging$/)
  await expect(page.getByRole('button', { name: 'Target: staging' })).toBeVisible()
  await page.getByRole('button', { name: /^New sandbox/ }).click()
  const dialog = page.getByRole('dialog', { name: 'New sandbox' })
  await dialog.getByLabel('Name').fill('over-there')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await expect(page).toHaveURL(/\/targets\/staging\/sandboxes\/[0-9a-f-]{36}\/run$/)
  sandboxId = new URL(page.url()).pathname.split('/')[4] ?? ''
  await expect(page.getByText('does not support Sandglass’s extensions')).toBeVisible()
  await page.reload()
  await expect(page.getByRole('heading', { level: 1, name: 'over-there' })).toBeVisible()

  await page.goto('/')
  await expect(page.getByText('No sandboxes yet')).toBeVisible()
  await page.goto('/targets/nowhere')
  await expect(page.getByText('Page not found')).toBeVisible()
})

test('a run shows its output when it ends, and stays in the list after a restart of the console', async () => {
  const runner = new RunPage(page, sandboxId)
  const output = new Log(runner.output)
  await page.goto(`/targets/staging/sandboxes/${sandboxId}/run`)
  await expect(page.getByLabel('Directory')).toHaveCount(0)
  await runner.write('import sys\nprint("out")\nprint("err", file=sys.stderr)\nsys.exit(3)')
  await runner.run.click()
  await output.expectLines(['out', 'err'])
  await expect(runner.output.getByText('exit 3', { exact: true })).toBeVisible()

  await runner.choose('Shell')
  await runner.write('until [ -e go ]; do sleep 0.05; done; echo gone')
  await runner.run.click()
  await expect(runner.output).toContainText('Output appears when the run ends.')
  await expect(runner.stop).toHaveCount(0)
  await execute('touch go')
  await output.expectLines(['gone'])
  expect(await readFile(await output.download('Everything'), 'utf8')).toBe('gone\n')

  await runner.write('sleep 60')
  await runner.setTimeout('1')
  await runner.run.click()
  await expect(runner.output.getByText('timeout 1 s', { exact: true })).toBeVisible()

  process.kill(await product.pidOf('console'), 'SIGKILL')
  await expect(page.getByRole('contentinfo')).toContainText('connected')
  await expect(async () => {
    await page.reload()
    await expect(runner.history.getByRole('listitem')).toHaveText([/timeout/, /exit 0/, /exit 3/], { timeout: 2_000 })
  }).toPass()
  await runner.history.getByRole('listitem').nth(2).click()
  await output.expectLines(['out', 'err'])
})

test('code runs in a session with live output and answers', async () => {
  const runner = new RunPage(page, sandboxId)
  await page.goto(`/targets/staging/sandboxes/${sandboxId}/run`)
  await runner.choose('Python')
  await runner.write('import sys\nprint("one", sys.argv[1:])\nname = input("Name? ")\nprint("hi", name)\nsys.exit(5)')
  await page.getByLabel('Arguments').fill(`a 'b c'`)
  await page.getByRole('button', { name: 'Run in a session' }).click()
  await expect(page).toHaveURL(/\/sessions\/run-1\/[^/]+$/)
  const sessions = new SessionsPage(page)
  await sessions.log.expectText("one ['a', 'b c']")
  await sessions.input.fill('Ada')
  await sessions.input.press('Enter')
  await sessions.log.expectText('hi Ada')
  await expect(sessions.header).toContainText('exit 5')
  // The list shows what the log knows.
  await expect(page.getByRole('link', { name: /^run-1/ })).toContainText('exit 5')
})

test('the Processes page says that this target does not report processes', async () => {
  await page.goto(`/targets/staging/sandboxes/${sandboxId}/processes`)
  await expect(page.getByRole('region', { name: 'Processes' })).toContainText(
    'staging does not report the processes of a sandbox.',
  )
})

test('the ports are listed without their processes, and previews open', async () => {
  const { toolboxUrl, apiKey } = await engine.connection()
  const post = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${apiKey}` }
    const response = await fetch(`${toolboxUrl}/${sandboxId}${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    expect(response.ok).toBe(true)
  }
  await post('/process/session', { sessionId: 'web' })
  await post('/process/session/web/exec', { command: 'python3 -m http.server 8123', runAsync: true })
  const ports = new PortsPane(page, '/targets/staging')
  await ports.open(sandboxId)
  await expect(ports.row(8123)).toBeVisible()
  await expect(ports.pane).toContainText('This target does not report which process listens.')
  const frame = await ports.preview(8123)
  await expect(frame.getByText('Directory listing')).toBeVisible()
})

test('the Info page changes labels and intervals, and says what this target does not report', async () => {
  const info = new InfoPage(page, '/targets/staging')
  await info.open(sandboxId)
  await expect(info.resource('CPU')).toContainText('%')
  await expect(info.pane).toContainText('This target does not count processes.')
  await expect(info.pane).toContainText('This target does not report who enforces the limits.')
  await info.labels.getByRole('button', { name: 'Add label' }).click()
  await page.keyboard.type('team')
  await page.keyboard.press('Enter')
  await expect(info.labels).toContainText('Saved')
  await info.setInterval('Stop when idle for', '2 h')
  await info.connection.getByRole('radio', { name: 'curl' }).click()
  await expect(info.connection).toContainText('# your key for staging')
})

test('cells run with text output, and the page says what is missing', async () => {
  const notebook = new InterpreterPage(page, sandboxId, '/targets/staging')
  await notebook.open()
  await expect(page.getByText('On this target, cells print text only')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Interrupt', exact: true })).toHaveCount(0)
  await notebook.run(1, 'x = 20\nprint("out")\nprint(x + 1)')
  await expect(notebook.output(1)).toContainText('21')
  await expect(notebook.cell(1)).toContainText('done')
  await page.getByRole('button', { name: 'New cell', exact: true }).click()
  await notebook.run(2, 'print(x)\nx / 0')
  await expect(notebook.output(2)).toContainText('ZeroDivisionError')
  await expect(notebook.saved).toBeVisible()
  await page.reload()
  await expect(notebook.output(1)).toContainText('21')
  await page.getByRole('button', { name: 'Variables' }).click()
  await expect(page.getByRole('region', { name: 'Variables' })).toContainText('20')
})

test('a session runs commands with a live log and both streams distinguished', async () => {
  const sessions = new SessionsPage(page)
  await page.goto(`/targets/staging/sandboxes/${sandboxId}/sessions`)
  await sessions.createSession('build')
  const form = page.getByRole('form', { name: 'Run a command in build' })
  await form
    .getByRole('textbox', { name: 'Command' })
    // Output has a time of arrival only after a pause of a quarter of a second.
    .fill(
      'echo one; until [ -e two ]; do sleep 0.05; done; sleep 0.5; echo two >&2; printf "Name? "; read n; echo "hi $n"; exit 4',
    )
  await form.getByRole('button', { name: 'Run' }).click()
  await sessions.log.expectLines(['one'])
  await expect(sessions.header).toContainText('live')
  await expect(sessions.log.pane.getByRole('button', { name: 'Stop' })).toHaveCount(0)
  await execute('touch two')
  await sessions.log.expectLines(['one', 'two', 'Name?'])
  await expect(await sessions.log.gutterOf('two')).toHaveAttribute('data-stderr')
  await expect(await sessions.log.timeOf('two')).toHaveText(/^~\d\d:\d\d:\d\d/)
  await sessions.input.fill('bob')
  await sessions.input.press('Enter')
  await sessions.log.expectText('hi bob')
  await expect(sessions.header).toContainText('exit 4')
  await expect(sessions.commands('build').first()).toContainText('exit 4')
  await page.reload()
  await sessions.log.expectLines(['one', 'two', 'Name? hi bob'])
  expect(await readFile(await sessions.log.download('stderr'), 'utf8')).toBe('two\n')

  await page.getByRole('button', { name: 'Delete session' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByRole('link', { name: /^build/ })).toHaveCount(0)
})

test('files are listed, edited, uploaded and downloaded without extensions', async () => {
  await execute('mkdir -p app && echo one > app/a.txt')
  const files = new FilesPage(page, `/targets/staging/sandboxes/${sandboxId}`)
  await files.open('app/a.txt')
  await expect(files.editor).toContainText('one')
  await files.write('two')
  await page.keyboard.press('ControlOrMeta+s')
  await expect(files.save).toBeDisabled()
  await page.getByLabel('Files to upload').setInputFiles({
    name: 'b.bin',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from([0, 255, 128, 10]),
  })
  await expect(files.upload('b.bin')).toContainText('✓')
  await execute('cd app && test "$(cat a.txt)" = two && test "$(od -An -tu1 b.bin | tr -s " ")" = " 0 255 128 10"')
  await files.choose('b.bin')
  await expect(files.file).toContainText('00 ff 80 0a')
  const [saved] = await Promise.all([page.waitForEvent('download'), files.menu('Download')])
  expect(await readFile(await saved.path())).toEqual(Buffer.from([0, 255, 128, 10]))
  await files.choose('app')
  await expect(files.folder).toContainText('does not report links')
})

test('a terminal takes input, has one owner of its size, and says what the target does not keep', async () => {
  const terminal = new TerminalPage(page)
  await page.goto(`/targets/staging/sandboxes/${sandboxId}/terminal`)
  const pane = await terminal.create('sh-1')
  await expect(page.getByText('does not keep the screens of terminals')).toBeVisible()
  await pane.run('echo "$((6*7)) and more"')
  await expect(pane.screen).toContainText('42 and more')
  await expect(pane.region).toContainText('set by this window')
  await pane.run('stty size')
  const size = /(\d+)×(\d+)/.exec((await pane.region.getByText(/^\d+×\d+/).textContent()) ?? '')
  await expect(pane.screen).toContainText(`${size?.[2]} ${size?.[1]}`)
  await pane.run('exit 4')
  await expect(pane.region).toContainText('The shell ended with exit code 4.')
  await pane.region.getByRole('button', { name: 'Restart' }).click()
  await expect(pane.region).not.toContainText('exit code 4')
  await pane.run('echo "again $((1+1))"')
  await expect(pane.screen).toContainText('again 2')
})
