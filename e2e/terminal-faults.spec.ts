/** Terminals while the console is killed. A separate product instance, because the test kills its process. */
import { expect, type Page, test } from '@playwright/test'
import { TerminalPage } from './pages/terminal-page'
import { launchProduct, type Product } from './support/product'

let product: Product

test.beforeAll(async () => {
  // The first start of a changed tree builds it.
  test.setTimeout(200_000)
  product = await launchProduct()
})
test.afterAll(async () => {
  await product.stop()
  await product.remove()
})

test('what is typed while the console is killed and started again arrives once', async ({ browser }) => {
  const { signInUrl, consoleUrl, apiUrl, toolboxUrl, apiKey } = await product.connection()
  const call = async (url: string, body: unknown) => {
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    expect(response.ok).toBe(true)
    return response.json()
  }
  const { id } = await call(`${apiUrl}/sandbox`, {})
  const page = await (await browser.newContext({ baseURL: consoleUrl })).newPage()
  await page.goto(signInUrl)
  const input = watchInput(page)
  const terminal = new TerminalPage(page)
  await terminal.open(id)
  const pane = await terminal.create('sh-1')
  await pane.run('stty -echo; cat > typed.txt')
  await expect(pane.screen).toContainText('cat > typed.txt')
  await page.keyboard.type('before, ')
  // A console that dies with keys on their way leaves it open whether the sandbox has them. The page then sends nothing
  // more by itself and shows what may be missing, which is another test's subject.
  await expect.poll(() => input.text.endsWith('before, ') && input.acknowledged === input.sent).toBe(true)

  process.kill(await product.pidOf('console'), 'SIGKILL')
  await expect(page.getByRole('contentinfo')).toContainText('reconnecting')
  await page.keyboard.type('during, ')
  await expect(page.getByRole('contentinfo')).toContainText('connected', { timeout: 60_000 })
  await page.keyboard.type('after')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Control+d')
  await expect
    .poll(() => call(`${toolboxUrl}/${id}/process/execute`, { command: 'cat typed.txt' }))
    .toMatchObject({ result: 'before, during, after\n' })
  await expect(pane.screen).toContainText('cat > typed.txt')
  await page.context().close()
})

/** What the page has typed so far, with the numbers of the last batch sent and of the last one acknowledged. */
function watchInput(page: Page) {
  const input = { text: '', sent: 0, acknowledged: 0 }
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => {
      const message = typeof payload === 'string' ? JSON.parse(payload) : null
      if (message?.t !== 'pty-input') return
      input.text += Buffer.from(message.data, 'base64').toString()
      input.sent = message.n
    })
    socket.on('framereceived', ({ payload }) => {
      const message = typeof payload === 'string' ? JSON.parse(payload) : null
      if (message?.t === 'pty-ack') input.acknowledged = message.n
    })
  })
  return input
}
