/** Checks each page in both themes with axe, and that no page scrolls sideways on the smallest screen. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { ProcessesPage } from './pages/processes-page'
import { ReplayPage } from './pages/replay-page'
import { RunPage } from './pages/run-page'
import { SandboxesPage } from './pages/sandboxes-page'
import { TerminalPage } from './pages/terminal-page'
import { WallPage } from './pages/wall-page'
import { expect, test } from './support/fixtures'

async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze()
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`))
}

/** Waits for finite animations; the dot of a running state pulses forever. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const ending = document.getAnimations().filter((it) => it.effect?.getComputedTiming().endTime !== Infinity)
    await Promise.allSettled(ending.map((animation) => animation.finished))
  })
}

async function overflow(page: Page): Promise<number> {
  return await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
}

for (const theme of ['dark', 'light'] as const) {
  test.describe(theme, () => {
    test.beforeEach(async ({ context, connection }) => {
      await context.addCookies([{ name: 'sandglass-theme', value: theme, url: connection.consoleUrl }])
    })

    for (const width of [1440, 360]) {
      test(`sandboxes, ${width} px wide`, async ({ page, sandbox }) => {
        await page.setViewportSize({ width, height: 800 })
        const home = new SandboxesPage(page)
        await home.open()
        await expect(home.row(sandbox.name)).toContainText('running')
        await expect(page.locator('html')).toHaveAttribute('data-theme', theme)
        expect(await violations(page)).toEqual([])
        expect(await overflow(page)).toBeLessThanOrEqual(0)
        await home.createButton.click()
        await expect(page.getByRole('dialog', { name: 'New sandbox' })).toBeVisible()
        await settled(page)
        expect(await violations(page)).toEqual([])
      })

      test(`a finished run, ${width} px wide`, async ({ page, sandbox }) => {
        await page.setViewportSize({ width, height: 800 })
        const { id } = await sandbox.toolbox<{ id: string }>('POST', '/process/run', {
          kind: 'command',
          command: 'echo out; echo err >&2; sleep 300 & exit 4',
        })
        const runner = new RunPage(page, sandbox.id)
        await page.goto(`/sandboxes/${sandbox.id}/run/${id}`)
        await expect(runner.output).toContainText('exit 4')
        await expect(runner.log).toContainText('err')
        expect(await violations(page)).toEqual([])
        expect(await overflow(page)).toBeLessThanOrEqual(0)
        if (width === 360) {
          await page.getByRole('radio', { name: 'Code' }).click()
          await expect(runner.editor).toBeVisible()
          expect(await violations(page)).toEqual([])
          expect(await overflow(page)).toBeLessThanOrEqual(0)
        }
      })
    }

    for (const width of [1440, 360]) {
      test(`a replay and the list of recordings, ${width} px wide`, async ({ page, sandbox }) => {
        await page.setViewportSize({ width, height: 800 })
        const command = 'echo out; sleep 0.2; echo err >&2'
        const { id } = await sandbox.toolbox<{ id: string }>('POST', '/process/run', { kind: 'command', command })
        await sandbox.toolbox('POST', '/process/pty', { id: 'sh', cols: 80, rows: 24 })
        await sandbox.toolbox('POST', '/process/pty/sh/recording', { action: 'start' })
        await sandbox.toolbox('POST', '/process/pty/sh/recording', { action: 'stop' })
        await page.goto(`/sandboxes/${sandbox.id}/replay/run/${id}`)
        const replay = new ReplayPage(page)
        await replay.position.press('End')
        await expect(replay.screen).toContainText('out')
        expect(await violations(page)).toEqual([])
        expect(await overflow(page)).toBeLessThanOrEqual(0)
        await page.goto(`/sandboxes/${sandbox.id}/replay`)
        await expect(page.getByRole('list', { name: 'Recordings' })).toContainText('sh')
        expect(await violations(page)).toEqual([])
        expect(await overflow(page)).toBeLessThanOrEqual(0)
      })
    }

    for (const width of [1440, 360]) {
      test(`processes, ${width} px wide`, async ({ page, sandbox }) => {
        await page.setViewportSize({ width, height: 800 })
        const command = 'bash -c "sleep 6001 & sleep 6002; true" & sleep 6003'
        await sandbox.toolbox('POST', '/process/run', { kind: 'command', command })
        const processes = new ProcessesPage(page)
        await processes.open(sandbox.id)
        await expect(processes.row('sleep 6003')).toContainText('sleeping')
        expect(await violations(page)).toEqual([])
        expect(await overflow(page)).toBeLessThanOrEqual(0)
        await processes.choose("bash -c 'sleep 6001 & sleep 6002; true'")
        expect(await violations(page)).toEqual([])
        expect(await overflow(page)).toBeLessThanOrEqual(0)
        await processes.detail.getByRole('button', { name: 'Kill' }).click()
        await settled(page)
        expect(await violations(page)).toEqual([])
      })
    }

    for (const width of [1440, 360]) {
      test(`a terminal, ${width} px wide`, async ({ page, sandbox }) => {
        await page.setViewportSize({ width, height: 800 })
        const terminal = new TerminalPage(page)
        await terminal.open(sandbox.id)
        await expect(page.getByText('No terminals yet.')).toBeVisible()
        expect(await violations(page)).toEqual([])
        const pane = await terminal.create('sh-1')
        await pane.run('ls --color=always /')
        await expect(pane.screen).toContainText('usr')
        expect(await violations(page)).toEqual([])
        expect(await overflow(page)).toBeLessThanOrEqual(0)
        await pane.paste('one\ntwo\n')
        await expect(page.getByRole('dialog', { name: 'Paste 2 lines?' })).toBeVisible()
        await settled(page)
        expect(await violations(page)).toEqual([])
      })
    }

    for (const width of [1440, 360]) {
      test(`the live wall, ${width} px wide`, async ({ page, sandbox }) => {
        await page.setViewportSize({ width, height: 800 })
        for (const [session, command] of [
          ['fine', 'echo fine'],
          ['broken', 'echo broken >&2; (exit 4)'],
          ['running', 'echo running; sleep 300'],
        ]) {
          await sandbox.toolbox('POST', '/process/session', { sessionId: session })
          await sandbox.toolbox('POST', `/process/session/${session}/exec`, { command, runAsync: true })
        }
        const wall = new WallPage(page)
        await wall.open(`?${['fine', 'broken', 'running'].map((id) => `pane=session/${sandbox.id}/${id}`).join('&')}`)
        await expect(wall.pane(sandbox.name, 'broken')).toContainText('Last line: broken')
        await expect(wall.pane(sandbox.name, 'fine')).toHaveAccessibleName(/exit 0$/)
        expect(await violations(page)).toEqual([])
        expect(await overflow(page)).toBeLessThanOrEqual(0)
        await page.getByRole('button', { name: 'Add panes' }).click()
        await expect(page.getByRole('dialog', { name: 'Add panes' }).getByRole('option').first()).toBeVisible()
        await settled(page)
        expect(await violations(page)).toEqual([])
      })
    }

    test('the sign-in page', async ({ browser, connection }) => {
      const visitor = await browser.newContext({ storageState: { cookies: [], origins: [] } })
      await visitor.addCookies([{ name: 'sandglass-theme', value: theme, url: connection.consoleUrl }])
      const page = await visitor.newPage()
      await page.goto(connection.consoleUrl)
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are not signed in')
      await expect(page.getByText('npm run sign-in')).toBeVisible()
      expect(await violations(page)).toEqual([])
      await visitor.close()
    })
  })
}

test('the theme changes at once and is the same after a reload', async ({ page }) => {
  await page.goto('/')
  await page.getByRole('button', { name: /^Theme/ }).click()
  await page.getByRole('menuitemradio', { name: 'Light' }).click()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light')
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
  const light = await ground()
  await page.reload()
  expect(await ground()).toBe(light)
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByRole('option', { name: 'Theme: dark' }).click()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  expect(await ground()).not.toBe(light)
})

test('the sheet lists every shortcut, and single-key shortcuts can be turned off', async ({ page }) => {
  await page.goto('/')
  await expect(page.getByRole('contentinfo')).toContainText('connected')
  await page.keyboard.press('?')
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await expect(sheet).toContainText('Go to sandboxes')
  await sheet.getByRole('switch', { name: 'Single-key shortcuts' }).click()
  await page.keyboard.press('Escape')
  await expect(sheet).toHaveCount(0)
  await page.keyboard.press('n')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.keyboard.press('ControlOrMeta+k')
  await expect(page.getByRole('dialog', { name: 'Go to' })).toBeVisible()
})
