/** Terminals in the browser, against the real engine. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { WebSocketRoute } from '@playwright/test'
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
  const firstAndLast = async () => (await pane.rows()).filter((_, i, { length }) => i === 0 || i === length - 1)
  await expect.poll(firstAndLast).toEqual(['1', ':'])
  await page.keyboard.press('Space')
  const { length } = await pane.rows()
  await expect.poll(firstAndLast).toEqual([String(length), ':'])
  const before = await pane.rows()
  await page.reload()
  await expect(async () => expect(await pane.rows()).toEqual(before)).toPass()
  await pane.input.focus()
  await page.keyboard.press('q')
  await expect(pane.screen).toContainText('red 42')
})

test('vim keeps its screen over a reload, and gives the earlier one back', async ({ page, sandbox }) => {
  const terminal = new TerminalPage(page)
  await terminal.open(sandbox.id)
  const pane = await terminal.create('sh-1')
  await pane.run('echo "earlier $((1+1))"; vim -u NONE -n note.txt')
  await expect.poll(async () => (await pane.rows()).slice(0, 2)).toEqual(['', '~'])
  await page.keyboard.type('ifrom vim')
  await page.keyboard.press('Escape')
  await expect(pane.screen).toContainText('from vim')
  await page.reload()
  await expect(async () => expect((await pane.rows()).slice(0, 2)).toEqual(['from vim', '~'])).toPass()
  await pane.run(':wq')
  await expect(pane.screen).toContainText('earlier 2')
  await expect(pane.screen).not.toContainText('~~')
  await expect
    .poll(() => sandbox.toolbox<{ result: string }>('POST', '/process/execute', { command: 'cat note.txt' }))
    .toMatchObject({ result: 'from vim\n' })
})

test('a terminal of another client appears, and one window at a time sets the size', async ({ page, sandbox }) => {
  const terminal = new TerminalPage(page)
  await terminal.open(sandbox.id)
  await expect(page.getByText('No terminals yet.')).toBeVisible()
  await sandbox.toolbox('POST', '/process/pty', { id: 'sdk', cols: 60, rows: 10 })
  await expect(terminal.tabs).toHaveText(['sdk'])
  const pane = terminal.pane('sdk')
  await pane.ready()
  await expect(pane.region).toContainText('set by this window')
  const size = async () => {
    const { cols, rows } = await sandbox.toolbox<{ cols: number; rows: number }>('GET', '/process/pty/sdk')
    return `${cols}×${rows}`
  }
  const wide = await size()
  expect(wide).not.toBe('60×10')

  const other = await page.context().newPage()
  await other.setViewportSize({ width: 700, height: 500 })
  const second = new TerminalPage(other)
  await second.open(sandbox.id, 'sdk')
  await second.pane('sdk').ready()
  await expect(second.pane('sdk').region).toContainText(`${wide} · set by another window`)
  await second.pane('sdk').run('echo from the second')
  await expect(pane.screen).toContainText('from the second')
  expect(await size()).toBe(wide)

  await second.pane('sdk').region.getByRole('button', { name: 'Take over' }).click()
  await expect(second.pane('sdk').region).toContainText('set by this window')
  const narrow = await size()
  expect(narrow).not.toBe(wide)
  await expect(pane.region).toContainText(`${narrow} · set by another window`)
  await pane.run('stty size')
  await expect(pane.screen).toContainText(narrow.split('×').reverse().join(' '))
  expect(await size()).toBe(narrow)

  await other.close()
  await expect(pane.region).toContainText(`${wide} · set by this window`)
})

test('a paste of 1 MB is confirmed, and arrives whole although the connection breaks', async ({ page, sandbox }) => {
  const connections: WebSocketRoute[] = []
  await page.routeWebSocket('**/live', (tab) => {
    connections.push(tab)
    tab.connectToServer()
  })
  const terminal = new TerminalPage(page)
  await terminal.open(sandbox.id)
  const pane = await terminal.create('sh-1')
  await pane.run('stty -echo; cat > pasted.txt')
  await expect(pane.screen).toContainText('cat > pasted.txt')
  const line = `${'0123456789abcdef'.repeat(6)}\n`
  const text = line.repeat(Math.ceil((1024 * 1024) / line.length))
  await pane.paste(text)
  const dialog = page.getByRole('dialog', { name: `Paste ${text.length / line.length} lines?` })
  await expect(dialog).toContainText('0123456789abcdef')
  await dialog.getByRole('button', { name: 'Paste', exact: true }).click()
  await connections.at(-1)?.close({ code: 4000 })
  await expect.poll(() => connections.length).toBe(2)
  await page.keyboard.press('Control+d')
  await expect
    .poll(() => sandbox.toolbox<{ result: string }>('POST', '/process/execute', { command: 'wc -c < pasted.txt' }))
    .toMatchObject({ result: `${text.length}\n` })
  const { result } = await sandbox.toolbox<{ result: string }>('POST', '/process/execute', {
    command: 'sha256sum < pasted.txt',
  })
  expect(result.split(' ')[0]).toBe(createHash('sha256').update(text).digest('hex'))
})

test('nothing that is typed while the connection breaks is lost or doubled', async ({ page, sandbox }) => {
  const connections: WebSocketRoute[] = []
  await page.routeWebSocket('**/live', (tab) => {
    connections.push(tab)
    tab.connectToServer()
  })
  const terminal = new TerminalPage(page)
  await terminal.open(sandbox.id)
  const pane = await terminal.create('sh-1')
  await pane.run('stty -echo; cat > typed.txt')
  await expect(pane.screen).toContainText('cat > typed.txt')
  let typed = ''
  for (let round = 0; round < 6; round += 1) {
    const text = Array.from({ length: 40 }, (_, index) => String.fromCharCode(97 + ((round + index) % 26))).join('')
    typed += text
    await page.keyboard.type(text.slice(0, 20))
    await connections.at(-1)?.close({ code: 4000 })
    await page.keyboard.type(text.slice(20))
    await expect.poll(() => connections.length).toBe(round + 2)
    await expect(page.getByRole('contentinfo')).toContainText('connected')
  }
  await page.keyboard.press('Enter')
  await page.keyboard.press('Control+d')
  await expect
    .poll(() => sandbox.toolbox<{ result: string }>('POST', '/process/execute', { command: 'cat typed.txt' }))
    .toMatchObject({ result: `${typed}\n` })
  await expect(pane.region.getByText('Not sent:')).toHaveCount(0)
})

test('a killed terminal says so, and starts again with the same settings', async ({ page, sandbox }) => {
  await sandbox.toolbox('POST', '/process/execute', { command: 'mkdir work' })
  await sandbox.toolbox('POST', '/process/pty', { id: 'sdk', cwd: 'work', envs: { COLOUR: 'teal' } })
  const terminal = new TerminalPage(page)
  await terminal.open(sandbox.id, 'sdk')
  const pane = terminal.pane('sdk')
  await pane.ready()
  await pane.run('echo before')
  await expect(pane.screen).toContainText('before')
  await sandbox.toolbox('DELETE', '/process/pty/sdk')
  await expect(pane.region).toContainText('killed SIGKILL (137)')
  await expect(pane.screen).toContainText('before')
  await expect(terminal.tabs).toHaveText([/sdk\s*ended/])

  await pane.region.getByRole('button', { name: 'Restart' }).click()
  await expect(pane.region).not.toContainText('killed')
  await pane.run('echo "$COLOUR in $(basename "$PWD")"; exit 3')
  await expect(pane.region).toContainText('The shell ended with exit code 3.')
  await expect(pane.screen).toContainText('teal in work')
})

test('splits stand in the address, and each terminal works', async ({ page, sandbox }) => {
  const terminal = new TerminalPage(page)
  await terminal.open(sandbox.id)
  const first = await terminal.create('sh-1')
  await page.getByRole('button', { name: /^Split/ }).click()
  const second = terminal.pane('sh-2')
  await second.ready()
  await expect(page).toHaveURL(/\/terminal\/sh-1\/sh-2$/)
  await second.run('echo "second $((1+1))"')
  await expect(second.screen).toContainText('second 2')
  await expect(first.screen).not.toContainText('second 2')
  await second.region.getByRole('button', { name: /^Close this pane/ }).click()
  await expect(page).toHaveURL(/\/terminal\/sh-1$/)
  await terminal.tabs.filter({ hasText: 'sh-2' }).click()
  await expect(page).toHaveURL(/\/terminal\/sh-2$/)
  await expect(second.screen).toContainText('second 2')
  await page.goto(`/sandboxes/${sandbox.id}/terminal`)
  await expect(page).toHaveURL(/\/terminal\/sh-2$/)
})

test('output reaches the clipboard only after the user allowed it, and links are shown first', async ({
  page,
  context,
  sandbox,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const terminal = new TerminalPage(page)
  await terminal.open(sandbox.id)
  const pane = await terminal.create('sh-1')
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText())
  await page.evaluate(() => navigator.clipboard.writeText('mine'))
  await pane.run(`printf '\\033]52;c;%s\\007' "$(printf theirs | base64)"`)
  const request = pane.region.getByRole('alert')
  await expect(request).toContainText('wants to write to your clipboard: theirs')
  expect(await clipboard()).toBe('mine')
  await request.getByRole('button', { name: 'Allow' }).click()
  await expect.poll(clipboard).toBe('theirs')

  await pane.run(`printf '\\033]8;;https://evil.example/x\\033\\\\bank.example\\033]8;;\\033\\\\\\n'`)
  const link = pane.screen.getByText('bank.example', { exact: true }).last()
  // The rows lie under the layer of xterm that takes the mouse.
  await link.hover({ force: true })
  await expect(pane.region.locator('.xterm-cursor-pointer')).toBeVisible()
  await link.click({ force: true })
  await expect(page.getByRole('dialog', { name: 'Open this link?' })).toContainText('https://evil.example/x')
  await page.keyboard.press('Escape')
})

test('Ctrl-C interrupts a flood, and copies where something is selected', async ({ page, context, sandbox }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const terminal = new TerminalPage(page)
  await terminal.open(sandbox.id)
  const pane = await terminal.create('sh-1')
  await pane.run('yes flood')
  await expect(pane.screen).toContainText('flood')
  await page.keyboard.press('Control+c')
  await pane.run('clear; echo "done$((20+3))"')
  await expect(pane.screen).toContainText('done23')
  await pane.screen.getByText('done23').last().dblclick({ force: true })
  await page.keyboard.press('Control+c')
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('done23')
})

test('Ctrl+Shift+Esc leaves the terminal, and Ctrl with a key belongs to the program', async ({ page, sandbox }) => {
  const terminal = new TerminalPage(page)
  await terminal.open(sandbox.id)
  const pane = await terminal.create('sh-1')
  await pane.input.focus()
  await expect(pane.region).toContainText('Ctrl+Shift+Esc leaves the terminal')
  await page.keyboard.type('echo kept cut')
  for (let presses = 0; presses < 4; presses += 1) await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('Control+k')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(async () => expect(await pane.rows()).toContain('kept')).toPass()
  await page.keyboard.press('Control+Shift+Escape')
  await expect(pane.input).not.toBeFocused()
  await page.keyboard.press('ControlOrMeta+k')
  await expect(page.getByRole('dialog', { name: 'Go to' })).toBeVisible()
})

test('one window replies to the questions of a program, however many are open', async ({ page, sandbox }) => {
  const terminal = new TerminalPage(page)
  await terminal.open(sandbox.id)
  const pane = await terminal.create('sh-1')
  const other = new TerminalPage(await page.context().newPage())
  await other.open(sandbox.id, 'sh-1')
  await other.pane('sh-1').ready()
  await page.bringToFront()
  const ask = `printf '\\033[6n'; IFS= read -rs -t 5 -d R first; IFS= read -rs -t 1 -d R second; echo "\${#second} after \${first#*[}"`
  await pane.run(`clear; ${ask}`)
  await expect(pane.screen).toContainText(/0 after \d+;\d+/)
  await other.page.close()
})

test('a terminal survives hostile output', async ({ page, sandbox }) => {
  const terminal = new TerminalPage(page)
  await terminal.open(sandbox.id)
  const pane = await terminal.create('sh-1')
  await pane.run(
    `head -c 2000000 /dev/urandom; printf '\\033c\\033[?1049l'; head -c 5000000 /dev/zero | tr '\\0' x; for n in $(seq 2000); do printf '\\033]0;title %s\\007' "$n"; done; printf '\\033c'; echo "alive $((40+2))"`,
  )
  await expect(pane.screen).toContainText('alive 42', { timeout: 60_000 })
  await expect(pane.region.locator('header')).toContainText('title 2000')
})

test('a recording has a visible sign, and is downloaded as an asciicast file', async ({ page, sandbox }) => {
  const terminal = new TerminalPage(page)
  await terminal.open(sandbox.id)
  const pane = await terminal.create('sh-1')
  const choose = async (item: string) => {
    await pane.region.getByRole('button', { name: 'Terminal options' }).click()
    await page.getByRole('menuitem', { name: item }).click()
  }
  await choose('Record the output')
  await expect(pane.region.locator('header')).toContainText('recording')
  await pane.run('echo "on tape $((1+1))"')
  await expect(pane.screen).toContainText('on tape 2')
  await choose('Stop recording')
  await expect(pane.region.locator('header')).not.toContainText('recording')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    pane.region.getByRole('link', { name: 'Download' }).click(),
  ])
  expect(await readFile(await download.path(), 'utf8')).toMatch(/^\{"version":2,[\s\S]*on tape 2/)
})

test('text composed by an input method arrives once, in order with other keys', async ({ page, context, sandbox }) => {
  const terminal = new TerminalPage(page)
  await terminal.open(sandbox.id)
  const pane = await terminal.create('sh-1')
  await pane.run('cat > composed.txt')
  const devTools = await context.newCDPSession(page)
  await pane.input.focus()
  for (const text of ['に', 'にほ', 'にほん', '日本']) {
    await devTools.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length })
  }
  await devTools.send('Input.insertText', { text: '日本' })
  await expect(pane.screen).toContainText('日本')
  await page.keyboard.type('ab')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Control+d')
  await expect
    .poll(() => sandbox.toolbox<{ result: string }>('POST', '/process/execute', { command: 'cat composed.txt' }))
    .toMatchObject({ result: '日本ab\n' })
})
