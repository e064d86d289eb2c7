/** The log pane with real commands: it shows exactly what was written, whatever the content and size. */
import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { SessionsPage } from './pages/sessions-page'
import { expect, type TestSandbox, test } from './support/fixtures'

test.use({ permissions: ['clipboard-read', 'clipboard-write'] })

/** Runs a command with open stdin through the API, and opens its log. */
async function openLog(page: Page, sandbox: TestSandbox, command: string): Promise<SessionsPage> {
  await sandbox.toolbox('POST', '/process/session', { sessionId: 's' })
  const { cmdId } = await sandbox.toolbox<{ cmdId: string }>('POST', '/process/session/s/exec', {
    command,
    runAsync: true,
    suppressInputEcho: true,
  })
  const sessions = new SessionsPage(page)
  await sessions.openCommand(sandbox.id, 's', cmdId)
  return sessions
}

test('text, colours, progress, split characters and both streams are shown correctly', async ({ page, sandbox }) => {
  const { log } = await openLog(
    page,
    sandbox,
    [
      String.raw`printf 'kept\n\033]52;c;aGFja2Vk\007\033]2;title\007\033[?1049h\033[2J\033[3J\033c\033[H'`,
      String.raw`printf '\033[31mred <b>x</b>\033[0m\n'`,
      `for i in $(seq 500); do printf '\\r%d%%' $i; done; echo`,
      String.raw`printf 'x \342'; sleep 0.2; printf 'problem\n' >&2; sleep 0.2; printf '\200\224 y\n'`,
      String.raw`printf 'user\342\200\256nimda\n'`,
      'exit 3',
    ].join('\n'),
  )
  await log.expectText('user')
  const lines = await log.lines()
  expect(lines).toContain('red <b>x</b>')
  expect(lines).toContain('500%')
  expect(lines.filter((line) => line.endsWith('%'))).toHaveLength(1)
  expect(lines).toContain('x problem')
  expect(lines).toContain('— y')
  const clipboard = await page.evaluate(() => navigator.clipboard.readText())
  expect(await log.copyLoaded()).toContain('kept\n')
  expect(lines).toContain('user<U+202E>nimda')
  expect(await log.pane.locator('.xterm-rows b').count()).toBe(0)
  await expect(await log.gutterOf('problem')).toHaveAttribute('data-stderr')
  await expect(await log.gutterOf('500%')).not.toHaveAttribute('data-stderr')
  expect(await page.title()).not.toContain('title')
  expect(clipboard).not.toBe('hacked')
})

test('a log can neither clear nor overwrite earlier output, and shows invisible characters', async ({
  page,
  sandbox,
}) => {
  const { log } = await openLog(
    page,
    sandbox,
    [
      'for i in $(seq 30); do echo line $i; done',
      String.raw`printf '\033[2J\033[H\033[3J\033#8\033[?1049h\033[1;3r\033c\033[99A\033(0\016after\n'`,
      String.raw`printf '\033[8mconcealed\033[0m\n'`,
      String.raw`printf '\033]0;never ended\nbehind it\n'`,
      String.raw`printf 'nul\000zero\342\200\213width\n'`,
      String.raw`printf 'a: 0%%\nb: 0%%\n\033[2A\033[2Ka: done\n\033[2Kb: done\n'`,
    ].join('\n'),
  )
  const expected = [
    ...Array.from({ length: 30 }, (_, index) => `line ${index + 1}`),
    'after',
    'concealed',
    '<U+001B>]0;never ended',
    'behind it',
    'nul<U+0000>zero<U+200B>width',
    'a: done',
    'b: done',
  ]
  await log.expectText('b: done')
  expect((await log.copyLoaded()).trimEnd().split('\n')).toEqual(expected)
  expect((await log.lines()).at(-6)).toBe('concealed')
  expect((await readFile(await log.download('Everything'))).includes('\x1b[2J\x1b[H')).toBe(true)

  await log.choose('Control characters')
  await log.expectText('<U+001B>[2J<U+001B>[H<U+001B>[3J')
  await log.choose('Control characters')
  await expect.poll(async () => (await log.copyLoaded()).trimEnd().split('\n')).toEqual(expected)
})

test('each line has a timestamp, wrapped rows have none, and copying includes neither', async ({ page, sandbox }) => {
  const long = 'w'.repeat(300)
  const { log } = await openLog(page, sandbox, `echo one; echo ${long}; echo three`)
  await log.expectText('three')
  await expect(await log.timeOf('one')).toHaveText(/^\d\d:\d\d:\d\d\.\d{3}$/)
  await expect(await log.timeOf('three')).toHaveText(/^\d\d:\d\d:\d\d\.\d{3}$/)
  const wrapped = (await log.lines()).length - 3
  expect(wrapped).toBeGreaterThan(0)
  await expect(log.times.filter({ hasText: /\d/ })).toHaveCount(3)
  expect(await log.copyLoaded()).toBe(`one\n${long}\nthree\n`)

  await log.choose('Wrap long lines')
  await expect.poll(() => log.lines()).toEqual(['one', long, 'three'])
  await expect(log.times.filter({ hasText: /\d/ })).toHaveCount(3)
  await log.choose('Times')
  await expect(log.times.first()).toBeHidden()
})

test('choosing a stream shows only that one, and downloads are byte-exact', async ({ page, sandbox }) => {
  const { log } = await openLog(
    page,
    sandbox,
    String.raw`printf 'a\0b\377\n'; sleep 0.2; echo oops >&2; sleep 0.2; printf 'no newline'`,
  )
  await log.expectText('no newline')
  await log.choose('stderr only')
  await log.expectLines(['oops'])
  await log.choose('stdout only')
  await expect.poll(async () => (await log.lines()).at(-1)).toBe('no newline')
  expect(await log.lines()).not.toContain('oops')

  const expected = { Everything: 'a\0b\xff\noops\nno newline', stdout: 'a\0b\xff\nno newline', stderr: 'oops\n' }
  for (const [name, text] of Object.entries(expected)) {
    const path = await log.download(name)
    expect(await readFile(path)).toEqual(Buffer.from(text, 'latin1'))
  }
})

test('scrolling up pauses and counts new lines; End jumps to the end and follows', async ({ page, sandbox }) => {
  const { log } = await openLog(page, sandbox, 'seq 200; read go; seq 201 240; read stop')
  await log.expectText('200')
  await log.wheel(-3000)
  await expect(log.follow).toHaveText(/Jump to end/)
  const before = await log.lines()
  await sandboxInput(page, 'go')
  await expect(log.follow).toHaveText(/40 new/)
  expect(await log.lines()).toEqual(before)
  await page.keyboard.press('End')
  await log.expectText('240')
  await expect(log.follow).toHaveText(/following/)
  await page.keyboard.press('.')
  await expect(log.follow).toHaveText(/Jump to end/)
})

async function sandboxInput(page: Page, text: string): Promise<void> {
  const sessions = new SessionsPage(page)
  await sessions.input.fill(text)
  await sessions.input.press('Enter')
  // The input has the focus now; give the keys back to the log.
  await sessions.log.pane.getByRole('log').focus()
}

test('find counts matches, moves between them, and supports case and regular expressions', async ({
  page,
  sandbox,
}) => {
  const { log } = await openLog(
    page,
    sandbox,
    'for i in $(seq 12); do echo "Error $i"; echo "error x"; done; read wait',
  )
  await log.expectText('Error 12')
  await page.keyboard.press('ControlOrMeta+f')
  const find = page.getByRole('search', { name: 'Find in this log' })
  await find.getByRole('searchbox').fill('error')
  await expect(find).toContainText('of 24')
  await find.getByRole('button', { name: 'Match case' }).click()
  await expect(find).toContainText('of 12')
  await find.getByRole('button', { name: 'Match case' }).click()
  await find.getByRole('button', { name: 'Regular expression' }).click()
  await find.getByRole('searchbox').fill('Error [0-9]+')
  await expect(find).toContainText('of 12')
  await find.getByRole('searchbox').fill('Error [')
  await expect(find).toContainText('Invalid regular expression')
  await find.getByRole('searchbox').fill('nowhere')
  await expect(find).toContainText('No match')
  await page.keyboard.press('Escape')
  await expect(find).toHaveCount(0)
})

test('find searches beyond the loaded part, and a single stream of a long log can be shown', async ({
  page,
  sandbox,
}) => {
  const { log } = await openLog(
    page,
    sandbox,
    'echo "the needle" >&2; seq 500000; echo "second needle" >&2; seq 500000 1000000; read wait',
  )
  await log.expectText('1000000')
  await page.keyboard.press('ControlOrMeta+f')
  const find = page.getByRole('search', { name: 'Find in this log' })
  await find.getByRole('searchbox').fill('needle')
  await expect(find).toContainText('No match')
  await expect(find).toContainText(/in the last \d+\.\d [KM]B/)
  await find.getByRole('button', { name: /^Search all \d+\.\d MB$/ }).click()
  await log.expectText('second needle')
  await expect(find).toContainText('1 of 1')
  await page.keyboard.press('Shift+Enter')
  await log.expectText('the needle')
  await find.getByRole('searchbox').fill('nowhere to be found')
  await page.keyboard.press('Enter')
  await expect(find).toContainText('No other match in')
  await page.keyboard.press('Escape')

  await log.choose('stderr only')
  await log.expectLines(['the needle', 'second needle'])
  await expect(log.pane).not.toContainText('earlier')
})

test('clearing the view deletes nothing and can be undone', async ({ page, sandbox }) => {
  const { log } = await openLog(page, sandbox, 'echo before; read go; echo after; read stop')
  await log.expectLines(['before'])
  await log.choose('Clear view')
  await expect(log.pane).toContainText('Nothing was deleted')
  await sandboxInput(page, '')
  await log.expectLines(['after'])
  await log.pane.getByRole('button', { name: 'Undo' }).click()
  await log.expectLines(['before', 'after'])
})

test('a million lines: opens at the tail, reads from the start, and the tab stays small', async ({ page, sandbox }) => {
  test.setTimeout(240_000)
  const text = (line: number) => `line ${line} of a million`
  const { log } = await openLog(page, sandbox, 'seq -f "line %.0f of a million" 1000000; read wait')
  await expect.poll(async () => (await log.lines()).at(-1), { timeout: 60_000 }).toBe(text(1_000_000))
  await page.reload()
  await expect.poll(async () => (await log.lines()).at(-1), { timeout: 60_000 }).toBe(text(1_000_000))
  await expect(log.pane).toContainText(/\d+\.\d MB earlier/)

  await log.pane.getByRole('button', { name: 'Load', exact: true }).click()
  await expect(log.follow).toHaveText(/newer/)
  await log.pane.getByRole('button', { name: 'Open from start' }).click()
  await expect.poll(async () => (await log.lines())[0], { timeout: 60_000 }).toBe(text(1))
  // The last line may be incomplete where the reader stopped.
  const loaded = (await log.copyLoaded()).split('\n').slice(0, -1)
  expect(loaded.length).toBeGreaterThan(1000)
  expect(loaded).toEqual(loaded.map((_, index) => text(index + 1)))
  expect(loaded.length).toBeLessThan(25_000)

  await page.keyboard.press('End')
  await expect.poll(async () => (await log.lines()).at(-1), { timeout: 60_000 }).toBe(text(1_000_000))
  const client = await page.context().newCDPSession(page)
  await client.send('HeapProfiler.collectGarbage')
  const { usedSize } = await client.send('Runtime.getHeapUsage')
  expect(usedSize).toBeLessThan(120e6)
})

test('a log that is disconnected repeatedly says so, does not change the result, and misses nothing', async ({
  page,
  sandbox,
}) => {
  const cuts: (() => Promise<void>)[] = []
  await page.routeWebSocket('**/live', (tab) => {
    tab.connectToServer()
    cuts.push(() => tab.close({ code: 4000 }))
  })
  const { log } = await openLog(
    page,
    sandbox,
    'i=0; until [ -e cut-enough ]; do i=$((i + 1)); echo L$i; sleep 0.01; done; echo over',
  )
  await log.expectText('L')
  for (let cut = 1; cut <= 8; cut += 1) {
    const lines = cuts.length
    await cuts.at(-1)?.()
    await expect(log.pane.getByText('Reconnecting').first()).toBeAttached()
    // While disconnected it shows that the command is running; afterwards that the log is live. Never a failure.
    await expect(
      log.pane
        .locator('header')
        .getByText(/^(running|live)/)
        .first(),
    ).toBeVisible()
    // A slow page may drop a new connection once and open another.
    await expect.poll(() => cuts.length).toBeGreaterThan(lines)
  }
  await sandbox.toolbox('POST', '/process/execute', { command: 'touch cut-enough' })
  await expect.poll(async () => (await log.lines()).at(-1), { timeout: 40_000 }).toBe('over')
  await expect(log.pane.locator('header').getByText('exit 0')).toBeVisible()
  const shown = (await log.copyLoaded()).trimEnd().split('\n')
  expect(shown).toEqual([...Array.from({ length: shown.length - 1 }, (_, index) => `L${index + 1}`), 'over'])
})

test('a link in output shows where it goes before it opens', async ({ page, sandbox }) => {
  const { log } = await openLog(
    page,
    sandbox,
    String.raw`printf '\033]8;;https://example.com/elsewhere\007docs\033]8;;\007\n'`,
  )
  await log.expectText('docs')
  await log.clickText('docs')
  const dialog = page.getByRole('dialog', { name: 'Open this link?' })
  await expect(dialog).toContainText('https://example.com/elsewhere')
  await expect(dialog.getByRole('link')).toHaveAttribute('rel', /noopener/)
})
