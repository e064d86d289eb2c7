/** The engine's page of its API: what it is like to look something up in it, in both themes, by keyboard and by link. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect, test } from './support/fixtures'

async function open(page: Page, apiUrl: string, hash = ''): Promise<void> {
  await page.goto(`${new URL(apiUrl).origin}/docs${hash}`)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sandglass engine API')
}

const filterOf = (page: Page) => page.getByRole('searchbox', { name: 'Filter' })
const listed = (page: Page) => page.getByRole('navigation').getByRole('listitem')

for (const theme of ['dark', 'light'] as const) {
  for (const width of [1440, 360]) {
    test(`nothing for axe to complain about, ${theme}, ${width} px wide`, async ({ page, connection }) => {
      await page.emulateMedia({ colorScheme: theme })
      await page.setViewportSize({ width, height: 800 })
      const failures: string[] = []
      page.on('console', (message) => message.type() === 'error' && failures.push(message.text()))
      const requests: string[] = []
      page.on('request', (request) => requests.push(request.url()))
      await open(page, connection.apiUrl)
      // What is off the screen is drawn when it is needed; axe shall see all of it.
      await page.evaluate(() => {
        const drawn = new CSSStyleSheet()
        drawn.replaceSync('article { content-visibility: visible }')
        document.adoptedStyleSheets.push(drawn)
      })
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`))).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0)
      expect(failures).toEqual([])
      expect(requests.filter((url) => !/\/(docs|favicon\.ico)$/.test(url))).toEqual([])
    })
  }
}

test('the filter is worked by keyboard', async ({ page, connection }) => {
  await open(page, connection.apiUrl)
  const all = await listed(page).count()
  expect(all).toBeGreaterThan(150)
  await page.keyboard.press('/')
  await expect(filterOf(page)).toBeFocused()
  await page.keyboard.type('post execute')
  await expect(listed(page).getByText('Run a command and wait for it')).toBeVisible()
  expect(await listed(page).count()).toBeLessThan(5)
  await expect(page.getByRole('status')).toHaveText(`${await listed(page).count()} of ${all} operations`)
  await expect(page.getByRole('article', { name: 'Create a sandbox', exact: true })).toBeHidden()
  await page.keyboard.press('ArrowDown')
  await expect(listed(page).getByRole('link').first()).toBeFocused()
  await page.keyboard.press('ArrowUp')
  await expect(filterOf(page)).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/#execute$/)
  await page.keyboard.press('Escape')
  await expect(listed(page)).toHaveCount(all)
})

test('extensions and refusals can be told apart', async ({ page, connection }) => {
  await open(page, connection.apiUrl)
  await filterOf(page).fill('extension')
  const some = listed(page).first()
  await expect(some).toContainText('extension')
  await expect(page.getByRole('article', { name: 'Start a command or a program' })).toContainText('extension')
  await filterOf(page).fill('refused')
  await expect(page.getByRole('article', { name: 'Pause a sandbox' })).toContainText(
    'Answers 422: “pausing is not supported',
  )
})

test('a link leads to its operation, also from behind a filter', async ({ page, connection }) => {
  await open(page, connection.apiUrl, '#createSession')
  const operation = page.getByRole('article', { name: 'Create a session' })
  await expect(operation).toBeInViewport()
  await expect(page.getByRole('link', { name: 'POST Create a session' })).toHaveAttribute('aria-current', 'location')
  await operation.getByRole('link', { name: 'Create a session' }).click()
  await expect(page).toHaveURL(/#createSession$/)
  await filterOf(page).fill('files')
  await expect(operation).toBeHidden()
  await page.evaluate(() => {
    location.hash = 'getSandbox'
  })
  await expect(page.getByRole('article', { name: 'One sandbox' })).toBeInViewport()
})

test('everything can be read without a script', async ({ browser, connection }) => {
  const visitor = await browser.newContext({ javaScriptEnabled: false })
  const page = await visitor.newPage()
  await open(page, connection.apiUrl, '#execute')
  await expect(page.getByRole('article', { name: 'Run a command and wait for it' })).toBeInViewport()
  await visitor.close()
})
