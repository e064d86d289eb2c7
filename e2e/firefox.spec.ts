/**
 * The main path in Firefox, over WebDriver BiDi: sign in, run, session, terminal, cell, file. Its console must stay free of
 * errors. Chromium has the other tests.
 */
import { expect, test } from '@playwright/test'
import { type Browser, launch, type Page } from 'puppeteer-core'
import { findFirefox } from '../scripts/testing/browser.mjs'
import { launchProduct, type Product } from './support/product'

const firefox = findFirefox()
let product: Product
let browser: Browser

test.skip(firefox === null, 'Firefox is not installed')

test.beforeAll(async () => {
  test.setTimeout(200_000)
  product = await launchProduct()
  browser = await launch({ browser: 'firefox', executablePath: firefox ?? '', headless: true })
})
test.afterAll(async () => {
  await browser.close()
  await product.stop()
  await product.remove()
})

test('a run, a session, a terminal, a cell and a file work without an error in the console', async () => {
  const { signInUrl, consoleUrl } = await product.connection()
  const page = await browser.newPage()
  page.setDefaultTimeout(60_000)
  await page.setViewport({ width: 1440, height: 900 })
  const problems: string[] = []
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  page.on('pageerror', (error) => problems.push(error instanceof Error ? error.message : String(error)))

  await page.goto(signInUrl)
  expect(page.url()).toBe(`${consoleUrl}/`)
  await click(page, 'button', 'Try a Python program')
  await page.waitForFunction(() => /\/sandboxes\/[0-9a-f-]{36}\/run/.test(location.pathname))
  const sandboxId = new URL(page.url()).pathname.split('/')[2]
  const sandbox = `${consoleUrl}/sandboxes/${sandboxId}`
  await replaceText(page, '.cm-content', 'print("run", 6 * 7)')
  await click(page, 'button', 'Run')
  await shows(page, '[aria-label="Output"]', 'run 42')

  await page.goto(`${sandbox}/sessions`)
  await click(page, 'button', 'New session')
  await click(page, 'button', 'Create session')
  await page.locator('::-p-aria([name="Command"][role="textbox"])').fill('printf "Name? "; read name; echo "hi $name"')
  await click(page, 'button', 'Run')
  await shows(page, '[role="log"]', 'Name?')
  await page.locator('::-p-aria([name="Input for this command"][role="textbox"])').fill('Ada')
  await page.keyboard.press('Enter')
  await shows(page, '[role="log"]', 'hi Ada')

  await page.goto(`${sandbox}/terminal`)
  await click(page, 'button', 'New terminal')
  await shows(page, '.xterm-rows', '$')
  await page.locator('.xterm-helper-textarea').click()
  await page.keyboard.type('echo "$((40 + 2)) from a terminal"')
  await page.keyboard.press('Enter')
  await shows(page, '.xterm-rows', '42 from a terminal')

  await page.goto(`${sandbox}/interpreter`)
  await replaceText(page, '.cm-content', 'open("notes.txt", "w").write("one")\n[n * n for n in range(4)]')
  await page.keyboard.down('Control')
  await page.keyboard.press('Enter')
  await page.keyboard.up('Control')
  await shows(page, '[aria-label="Output of cell 1"]', '[0, 1, 4, 9]')

  await page.goto(`${sandbox}/files/home/daytona/notes.txt`)
  await shows(page, '.cm-content', 'one')
  await replaceText(page, '.cm-content', 'two')
  await page.keyboard.down('Control')
  await page.keyboard.press('s')
  await page.keyboard.up('Control')
  await expect.poll(() => fileOf(sandboxId)).toBe('two')
  expect(problems).toEqual([])
})

/** The text of `notes.txt`, read through the API. */
async function fileOf(sandboxId: string | undefined): Promise<string> {
  const { toolboxUrl, apiKey } = await product.connection()
  const url = `${toolboxUrl}/${sandboxId}/files/download?path=notes.txt`
  return await (await fetch(url, { headers: { authorization: `Bearer ${apiKey}` } })).text()
}

async function click(page: Page, role: string, name: string): Promise<void> {
  await page.locator(`::-p-aria([name="${name}"][role="${role}"])`).click()
}

/** Waits until the text is below an element that matches. */
async function shows(page: Page, selector: string, text: string): Promise<void> {
  await page.waitForFunction(
    (selector, text) =>
      [...document.querySelectorAll(selector)].some(({ textContent }) =>
        textContent?.replaceAll('\u00a0', ' ').includes(text),
      ),
    {},
    selector,
    text,
  )
}

async function replaceText(page: Page, selector: string, text: string): Promise<void> {
  await page.locator(selector).click()
  await page.keyboard.down('Control')
  await page.keyboard.press('a')
  await page.keyboard.up('Control')
  await page.keyboard.press('Delete')
  // Typed at once: the editor would close brackets that are typed one by one.
  await page.evaluate((text) => document.execCommand('insertText', false, text), text)
}
