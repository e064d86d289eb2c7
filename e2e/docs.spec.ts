/** The engine's API reference page: search, keyboard, links, accessibility, in both themes. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect, test } from './support/fixtures'

async function open(page: Page, apiUrl: string, hash = ''): Promise<void> {
  await page.goto(`${new URL(apiUrl).origin}/docs${hash}`)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sandglass engine API')
}

const filterOf = (page: Page) => page.getByRole('searchbox', { name: 'Filter' })
const listed = (page: Page) => page.getByRole('navigation').getByRole('listitem')

/** The start, and one of each kind of what is shown. */
const views = ['', '#startRun', '#connectPty', '#pauseSandbox', '#schema-Chart']

for (const theme of ['dark', 'light'] as const) {
  for (const width of [1440, 360]) {
    test(`nothing for axe to complain about, ${theme}, ${width} px wide`, async ({ page, connection }) => {
      await page.emulateMedia({ colorScheme: theme })
      await page.setViewportSize({ width, height: 800 })
      const failures: string[] = []
      page.on('console', (message) => message.type() === 'error' && failures.push(message.text()))
      const requests = new Set<string>()
      page.on('request', (request) => requests.add(request.url().split('#')[0] ?? ''))
      for (const view of views) {
        await open(page, connection.apiUrl, view)
        await expect(page.getByRole('main').getByRole('heading', { level: 2 }).first()).toBeVisible()
        await page.evaluate(() => {
          for (const details of document.querySelectorAll('details')) details.open = true
        })
        const axe = new AxeBuilder({ page })
        // The list is the same in each view, and long.
        const { violations } = await (view === '' ? axe : axe.exclude('nav')).analyze()
        const found = violations.flatMap(({ id, nodes }) =>
          nodes.map((node) => `${view} ${id}: ${node.target.join(' ')}`),
        )
        expect(found).toEqual([])
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
        expect(overflow, view).toBeLessThanOrEqual(0)
      }
      expect(failures).toEqual([])
      expect([...requests].filter((url) => !url.startsWith('data:'))).toEqual([
        `${new URL(connection.apiUrl).origin}/docs`,
      ])
    })
  }
}

test('the filter works by keyboard', async ({ page, connection }) => {
  await open(page, connection.apiUrl)
  const all = await listed(page).count()
  expect(all).toBeGreaterThan(200)
  await page.keyboard.press('/')
  await expect(filterOf(page)).toBeFocused()
  await page.keyboard.type('post /process/execute')
  await expect(listed(page)).toHaveCount(1)
  await expect(listed(page)).toContainText('Run a command and wait for it')
  await expect(page.getByRole('status')).toHaveText(/^1 of \d+ operations$/)
  await page.keyboard.press('ArrowDown')
  await expect(listed(page).getByRole('link')).toBeFocused()
  await page.keyboard.press('ArrowUp')
  await expect(filterOf(page)).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/#execute$/)
  await expect(page.getByRole('article', { name: 'Run a command and wait for it' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(listed(page)).toHaveCount(all)
})

test('extensions and unsupported operations are marked', async ({ page, connection }) => {
  await open(page, connection.apiUrl, '#startRun')
  const extension = page.getByRole('article', { name: 'Start a command or a program' })
  await expect(extension.getByText('extension', { exact: true })).toBeVisible()
  await filterOf(page).fill('refused')
  await page.getByRole('link', { name: 'POST Pause a sandbox' }).click()
  const refused = page.getByRole('article', { name: 'Pause a sandbox' })
  await expect(refused.getByText('refused', { exact: true })).toBeVisible()
  await expect(refused).toContainText('Answers 422: “pausing is not supported')
})

test('a link opens its operation, and Back returns to the previous one', async ({ page, connection }) => {
  await open(page, connection.apiUrl, '#createSession')
  const operation = page.getByRole('article', { name: 'Create a session' })
  await expect(operation).toBeInViewport()
  await expect(page).toHaveTitle('Create a session · Sandglass engine API')
  await expect(operation).toContainText('curl -X POST "$ENGINE/toolbox/$sandboxId/process/session"')
  await expect(page.getByRole('link', { name: 'POST Create a session' })).toHaveAttribute('aria-current', 'location')
  await operation.getByRole('link', { name: 'CreateSession', exact: true }).click()
  await expect(page.getByRole('article', { name: 'CreateSession' })).toContainText('sessionId')
  await expect(operation).toBeHidden()
  await page.goBack()
  await expect(operation).toBeInViewport()
  await page.getByRole('link', { name: 'Sandglass engine API' }).click()
  await expect(page.getByRole('heading', { name: 'Credentials' })).toBeVisible()
})
