/** Replays of commands, terminals and asciicast files, against the real engine. */
import { writeFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { ReplayPage } from './pages/replay-page'
import { TerminalPage } from './pages/terminal-page'
import { expect, type TestSandbox, test } from './support/fixtures'

test('a run is replayed, sought, exported, and its exports play without the console', async ({
  page,
  sandbox,
}, info) => {
  const runId = await runToEnd(sandbox, 'echo one; sleep 1; echo two >&2; sleep 1; printf "\\033[32mthree\\033[0m\\n"')
  await page.goto(`/sandboxes/${sandbox.id}/run/${runId}`)
  await page.getByRole('button', { name: 'Log options' }).click()
  await page.getByRole('menuitem', { name: 'Replay' }).click()
  const replay = new ReplayPage(page)
  await replay.ready()
  await expect(page).toHaveURL(new RegExp(`/replay/run/${runId}$`))
  await expect.poll(() => replay.rows()).toEqual([])
  await expect(replay.position.locator('[data-mark=stderr]')).toHaveCount(1)

  // Keys move to exact times, in both directions.
  await replay.position.focus()
  await page.keyboard.press('End')
  await expect.poll(() => replay.rows()).toEqual(['one', 'two', 'three'])
  await page.keyboard.press('Home')
  await expect.poll(() => replay.rows()).toEqual([])
  await replay.region.getByRole('button', { name: 'Next output' }).click()
  await expect.poll(() => replay.rows()).toEqual(['one'])
  await replay.region.getByRole('button', { name: 'Next output' }).click()
  await expect.poll(() => replay.rows()).toEqual(['one', 'two'])
  await expect(page).toHaveURL(/\?t=\d/)
  await page.reload()
  await expect.poll(() => replay.rows()).toEqual(['one', 'two'])

  // Matches are marked, and Enter goes to the next one.
  const field = replay.region.getByRole('searchbox')
  await field.fill('three')
  await expect(replay.region.getByRole('status').filter({ hasText: '1 match' })).toBeVisible()
  await expect(replay.position.locator('[data-mark=match]')).toHaveCount(1)
  await field.press('Enter')
  await expect.poll(() => replay.rows()).toEqual(['one', 'two', 'three'])

  await replay.region.getByRole('button', { name: /^Speed/ }).click()
  await page.getByRole('menuitemradio', { name: '64×' }).click()
  await page.getByRole('button', { name: 'Play' }).click()
  await expect(replay.region.getByRole('button', { name: 'Play' })).toBeVisible()
  await expect.poll(() => replay.rows()).toEqual(['one', 'two', 'three'])

  expect(await replay.export('Text')).toBe('one\ntwo\nthree\n')
  const cast3 = await replay.export('asciicast v3')
  expect(cast3).toContain('{"version":3,"term":{"cols":120,"rows":30')
  expect(cast3.trimEnd().split('\n').at(-1)).toMatch(/"x","0"\]$/)
  const cast2 = await replay.export('asciicast v2')
  for (const cast of [cast2, cast3]) {
    await replay.openFile('exported.cast', cast)
    await expect(replay.region.getByRole('button', { name: 'Close file' })).toBeVisible()
    await replay.position.focus()
    await page.keyboard.press('End')
    await expect.poll(() => replay.rows()).toEqual(['one', 'two', 'three'])
    await replay.region.getByRole('button', { name: 'Close file' }).click()
    await replay.ready()
  }

  // The page that an export is needs no network and no console.
  const path = info.outputPath('replay.html')
  await writeFile(path, await replay.export('Page that plays it'))
  const offline = await page.context().newPage()
  const problems = problemsOf(offline)
  await offline.context().setOffline(true)
  await offline.goto(`file://${path}`)
  await offline.getByRole('slider', { name: 'Position' }).press('End')
  await expect(offline.locator('.xterm-rows')).toContainText('three')
  expect(problems).toEqual([])
  await offline.context().setOffline(false)
  await offline.close()
})

test('the recording of a terminal is listed, replayed with its sizes, and deleted', async ({ page, sandbox }) => {
  const terminal = new TerminalPage(page)
  await terminal.open(sandbox.id)
  const pane = await terminal.create('sh-1')
  await pane.region.getByRole('button', { name: 'Terminal options' }).click()
  await page.getByRole('menuitem', { name: 'Record the output' }).click()
  await expect(pane.region).toContainText('recording')
  await pane.run('echo "recorded $((6*7))"')
  await expect(pane.screen).toContainText('recorded 42')
  const sizeOf = () => sandbox.toolbox<{ cols: number; rows: number }>('GET', '/process/pty/sh-1')
  const before = await sizeOf()
  await page.setViewportSize({ width: 900, height: 560 })
  await expect.poll(async () => (await sizeOf()).rows).not.toBe(before.rows)
  await pane.run('stty size')
  await expect(pane.screen).toContainText(/stty size\s*\d+ \d+/)
  const after = await sizeOf()
  await pane.region.getByRole('button', { name: 'Terminal options' }).click()
  await page.getByRole('menuitem', { name: 'Stop recording' }).click()
  await pane.region.getByRole('link', { name: 'Replay' }).click()
  const replay = new ReplayPage(page)
  await replay.ready()
  await replay.position.press('End')
  await expect(replay.screen).toContainText(`${after.rows} ${after.cols}`)
  await expect(replay.screen.locator('> div')).toHaveCount(after.rows)
  await replay.position.press('Home')
  await expect(replay.screen).not.toContainText('recorded 42')
  await expect(replay.screen.locator('> div')).toHaveCount(before.rows)

  await replay.region.getByRole('link', { name: 'Recordings' }).click()
  const row = page.getByRole('list', { name: 'Recordings' }).getByRole('listitem')
  await expect(row).toHaveCount(1)
  await row.getByRole('button', { name: 'Delete the recording of sh-1' }).click()
  await page.getByRole('button', { name: 'Delete recording' }).click()
  await expect(page.getByText('No recordings yet.')).toBeVisible()
})

test('asciicast files are opened, hostile ones do nothing, and broken ones say in which line', async ({
  page,
  context,
  sandbox,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const header = '{"version": 2, "width": 40, "height": 10}'
  const hostile = [
    header,
    JSON.stringify([
      0.1,
      'o',
      'shown\r\n\x1b]52;c;dGhlaXJz\x07\x1b[c\x1b[6n\x1b]0;<img src=x onerror=alert(1)>\x07\x1b[8;5;5t',
    ]),
    JSON.stringify([0.2, 'o', '</script><script>alert(1)</script>']),
    '',
  ].join('\n')
  await upload(sandbox, 'hostile.cast', hostile)
  await page.goto(`/sandboxes/${sandbox.id}/replay`)
  await page.evaluate(() => navigator.clipboard.writeText('mine'))
  const problems = problemsOf(page)
  const replay = new ReplayPage(page)
  const workFolder = (await sandbox.toolbox<{ dir: string }>('GET', '/work-dir')).dir
  await page.goto(`/sandboxes/${sandbox.id}/files${workFolder}/hostile.cast`)
  // The menu belongs to the view of the contents, which replaces that of a file that is being read.
  await expect(page.getByText('"width": 40')).toBeVisible()
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Replay' }).click()
  await replay.ready()
  await replay.position.press('End')
  await expect.poll(() => replay.rows()).toEqual(['shown', '</script><script>alert(1)</script>'])
  await expect(replay.screen.locator('> div')).toHaveCount(10)
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('mine')

  const offline = await context.newPage()
  const offlineProblems = problemsOf(offline)
  await offline.setContent(await replay.export('Page that plays it'))
  await offline.getByRole('slider', { name: 'Position' }).press('End')
  await expect(offline.locator('.xterm-rows')).toContainText('</script>')
  expect(offlineProblems).toEqual([])
  await offline.close()

  await replay.openFile('cut.cast', `${header}\n[0.1, "o", "kept"]\n[0.2, "o", "cu`)
  await expect(replay.region).toContainText('Line 3: the file ends in the middle of a line.')
  await replay.position.press('End')
  await expect.poll(() => replay.rows()).toEqual(['kept'])
  await replay.openFile('notes.txt', 'not a recording\n')
  await expect(page.getByRole('alert').filter({ hasText: 'NOT_A_RECORDING' })).toContainText(
    'Line 1: this is not an asciicast file: the line is not JSON.',
  )
  expect(problems).toEqual([])
})

/** Errors of the page, and dialogs that it opens. */
function problemsOf(page: Page): string[] {
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  page.on('dialog', (dialog) => {
    problems.push(dialog.message())
    void dialog.dismiss()
  })
  return problems
}

async function runToEnd(sandbox: TestSandbox, command: string): Promise<string> {
  const { id } = await sandbox.toolbox<{ id: string }>('POST', '/process/run', { kind: 'command', command })
  await expect
    .poll(async () => (await sandbox.toolbox<{ state: string }>('GET', `/process/run/${id}`)).state)
    .toBe('succeeded')
  return id
}

async function upload(sandbox: TestSandbox, name: string, content: string): Promise<void> {
  const base64 = Buffer.from(content).toString('base64')
  await sandbox.toolbox('POST', '/process/execute', { command: `echo ${base64} | base64 -d > ${name}` })
}
