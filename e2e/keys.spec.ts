/** Every registered shortcut does something on its page, the palette offers it there, and the sheet lists it. */
import type { Page } from '@playwright/test'
import { controlKeys, type HotkeyId, hotkeyIds, hotkeys } from '@/components/keys/registry'
import { HistoryPage } from './pages/history-page'
import { ReplayPage } from './pages/replay-page'
import { RunPage } from './pages/run-page'
import { expect, type TestSandbox, test } from './support/fixtures'

interface Visit {
  ids: HotkeyId[]
  open: (page: Page, sandbox: TestSandbox) => Promise<void>
  /** What must have the focus; else nothing has it. */
  focus?: Partial<Record<HotkeyId, string>>
}

const everywhere: HotkeyId[] = ['keys.show', 'palette.open', 'nav.toggle', 'pane.next', 'pane.previous', 'new.here']

const visits: Record<string, Visit> = {
  home: {
    ids: [...everywhere, 'sandboxes.filter'],
    open: async (page) => void (await page.goto('/')),
  },
  'a finished run': {
    ids: [
      ...everywhere.slice(0, -1),
      'log.find',
      'log.line',
      'log.end',
      'log.follow',
      'run.edit',
      'run.compare',
      'run.start',
    ],
    open: openFinishedRun,
  },
  'a finished run that is run again': { ids: ['run.again'], open: openFinishedRun },
  'a running run': {
    ids: ['command.input', 'run.stop'],
    open: async (page, sandbox) => {
      const runner = new RunPage(page, sandbox.id)
      await runner.open(await start(sandbox, 'cat'))
      await expect(page.getByRole('textbox', { name: 'Input for this run' })).toBeVisible()
    },
  },
  sessions: {
    ids: ['command.new', 'sessions.filter', 'new.here', 'go.history', 'go.audit', 'go.wall', 'go.sandboxes'],
    open: async (page, sandbox) => {
      await sandbox.toolbox('POST', '/process/session', { sessionId: 'keys' })
      await page.goto(`/sandboxes/${sandbox.id}/sessions/keys`)
      await expect(page.getByRole('textbox', { name: 'Command' })).toBeVisible()
    },
  },
  terminal: {
    ids: ['terminal.split', 'new.here'],
    open: async (page, sandbox) => {
      await sandbox.toolbox('POST', '/process/pty', { id: 'keys', cols: 80, rows: 24 })
      await page.goto(`/sandboxes/${sandbox.id}/terminal/keys`)
      await expect(page.locator('.xterm-rows').first()).toBeVisible()
    },
  },
  interpreter: {
    ids: ['cell.run', 'cell.advance', 'notebook.runAll', 'new.here', 'cell.interrupt'],
    open: async (page, sandbox) => {
      await page.goto(`/sandboxes/${sandbox.id}/interpreter`)
      await page.locator('[data-cell] .cm-content').first().click()
      await page.keyboard.insertText('import time; time.sleep(60)')
    },
    focus: { 'cell.run': '[data-cell] .cm-content', 'cell.advance': '[data-cell] .cm-content' },
  },
  files: {
    ids: ['files.search', 'files.refresh', 'files.upload', 'file.save', 'new.here'],
    open: async (page, sandbox) => {
      await sandbox.toolbox('POST', '/process/execute', { command: 'echo text > /home/daytona/keys.txt' })
      await page.goto(`/sandboxes/${sandbox.id}/files/home/daytona/keys.txt`)
      await page.locator('.cm-content').click()
      await page.keyboard.insertText('more ')
    },
  },
  'an entry of the history': {
    ids: ['history.filter', 'history.pin', 'history.compare', 'history.close'],
    open: openEntry,
  },
  'an entry of the history that is run again': { ids: ['history.again'], open: openEntry },
  'an entry of the history that is edited': { ids: ['history.edit'], open: openEntry },
  replay: {
    ids: ['replay.play', 'replay.back', 'replay.forward', 'replay.step'],
    open: async (page, sandbox) => {
      const runId = await start(sandbox, 'echo replayed')
      const replay = new ReplayPage(page)
      await page.goto(`/sandboxes/${sandbox.id}/replay/run/${runId}`)
      await replay.ready()
    },
  },
  'the audit log': {
    ids: ['audit.filter'],
    open: async (page) => {
      await page.goto('/audit')
      await expect(page.getByRole('heading', { level: 1, name: 'Audit log' })).toBeVisible()
    },
  },
  processes: {
    ids: ['processes.system', 'processes.refresh'],
    open: async (page, sandbox) => {
      await page.goto(`/sandboxes/${sandbox.id}/processes`)
      await expect(page.getByRole('button', { name: /system process/ })).toBeVisible()
    },
  },
}

async function openFinishedRun(page: Page, sandbox: TestSandbox): Promise<void> {
  const runner = new RunPage(page, sandbox.id)
  await start(sandbox, 'echo first')
  await runner.open(await start(sandbox, 'echo second'))
  await expect(runner.log).toContainText('second')
  await expect(runner.history.getByRole('link')).toHaveCount(2)
}

async function openEntry(page: Page, sandbox: TestSandbox): Promise<void> {
  // Another entry, to compare with.
  await start(sandbox, 'echo before')
  await start(sandbox, 'echo recorded')
  await page.goto(`/sandboxes/${sandbox.id}/history`)
  const history = new HistoryPage(page)
  await history.row('echo recorded').click()
  await expect(history.entry).toContainText('echo recorded')
}

async function start(sandbox: TestSandbox, command: string): Promise<string> {
  const { id } = await sandbox.toolbox<{ id: string }>('POST', '/process/run', {
    kind: 'command',
    command,
    stdin: 'open',
  })
  return id
}

const isTab = (id: string) => id.startsWith('tab.')

test('every registered shortcut is tested below', () => {
  const tested = new Set(Object.values(visits).flatMap(({ ids }) => ids))
  expect(hotkeyIds.filter((id) => !isTab(id) && !tested.has(id))).toEqual([])
})

for (const [name, { ids, open, focus = {} }] of Object.entries(visits)) {
  test(`the shortcuts of ${name} act, and the palette offers them`, async ({ page, sandbox }) => {
    test.slow()
    // Added before the console's own listener, so that it sees keys which that one keeps to itself.
    await page.addInitScript(() => {
      window.addEventListener(
        'keydown',
        (event) => setTimeout(() => keys.push([event.key, event.defaultPrevented])),
        true,
      )
      const keys: [string, boolean][] = []
      Object.assign(window, { pressedKeys: keys })
    })
    await open(page, sandbox)
    await expect(page.getByRole('contentinfo')).toContainText('connected')

    await blur(page)
    await page.keyboard.press('ControlOrMeta+k')
    const palette = page.getByRole('dialog', { name: 'Go to' })
    await expect(palette).toBeVisible()
    for (const id of ids) {
      // Those that open the palette itself or move the focus are not listed.
      if (id === 'palette.open' || id.startsWith('pane.') || id === 'cell.interrupt') continue
      await expect(palette.getByRole('option', { name: hotkeys[id].label }).first()).toBeAttached()
    }
    await page.keyboard.press('Escape')
    await expect(palette).toHaveCount(0)

    for (const id of ids) {
      await blur(page)
      const selector = focus[id]
      if (selector) await page.locator(selector).first().focus()
      const chooser = id === 'files.upload' ? page.waitForEvent('filechooser') : null
      for (const press of hotkeys[id].keys.split(' ')) await page.keyboard.press(press.replace('$mod', 'ControlOrMeta'))
      await chooser
      await expect.poll(() => lastHandled(page), `${id}: ${hotkeys[id].keys}`).toBe(true)
      const dialog = page.getByRole('dialog')
      if ((await dialog.count()) > 0) {
        await page.keyboard.press('Escape')
        await expect(dialog).toHaveCount(0)
      }
    }
  })
}

/** Whether the console took the last key that was not a modifier. */
async function lastHandled(page: Page): Promise<boolean> {
  return await page.evaluate(() => {
    const keys = (window as unknown as { pressedKeys: [string, boolean][] }).pressedKeys
    const last = keys.findLast(([key]) => !['Control', 'Shift', 'Meta', 'Alt'].includes(key))
    return last?.[1] ?? false
  })
}

async function blur(page: Page): Promise<void> {
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
}

test('a number key opens each page of a sandbox', async ({ page, sandbox }) => {
  await page.goto(`/sandboxes/${sandbox.id}/run`)
  await expect(page.getByRole('contentinfo')).toContainText('connected')
  const tabs = page.getByRole('navigation', { name: 'Pages of this sandbox' }).getByRole('link')
  const count = hotkeyIds.filter(isTab).length
  await expect(tabs).toHaveCount(count)
  for (let number = count; number >= 1; number -= 1) {
    await blur(page)
    const href = await tabs.nth(number - 1).getAttribute('href')
    await page.keyboard.press(String(number))
    await expect(page).toHaveURL((url) => url.pathname.startsWith(href ?? ''))
    await expect(tabs.nth(number - 1)).toHaveAttribute('aria-current', 'page')
  }
})

test('the sheet lists every shortcut', async ({ page }) => {
  await page.goto('/')
  await expect(page.getByRole('contentinfo')).toContainText('connected')
  await page.keyboard.press('?')
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  for (const { label, keys } of [...hotkeyIds.map((id) => hotkeys[id]), ...controlKeys]) {
    const row = sheet.locator('dl > div').filter({ has: page.locator('dt', { hasText: label }) })
    await expect(row.locator('dd > .sr-only').filter({ hasText: keys }).first()).toBeAttached()
  }
})
