/** The first steps of a new user, from the link that `npm start` prints to an answered prompt. Uses its own product. */
import { expect, test } from '@playwright/test'
import { Log } from './pages/log'
import { RunPage } from './pages/run-page'
import { SessionsPage } from './pages/sessions-page'
import { launchProduct, type Product } from './support/product'

let product: Product

test.beforeAll(async () => {
  product = await launchProduct()
})
test.afterAll(async () => {
  await product.stop()
  await product.remove()
})

test('from the sign-in link to a Python run, a loop watched live, and an answered prompt', async ({ browser }) => {
  const { signInUrl, consoleUrl } = await product.connection()
  const context = await browser.newContext({ baseURL: consoleUrl, storageState: undefined })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))

  await page.goto('/')
  await expect(page).toHaveURL(/\/sign-in/)
  await page.goto(signInUrl)
  await expect(page).toHaveURL(`${consoleUrl}/`)

  await page.getByRole('button', { name: 'Try a Python program' }).click()
  await expect(page).toHaveURL(/\/sandboxes\/[0-9a-f-]{36}\/run/)
  const run = new RunPage(page, new URL(page.url()).pathname.split('/')[2] ?? '')
  await expect(run.editor).toContainText('print')
  await expect(run.history.getByRole('listitem')).toHaveCount(0)
  await run.write('print("hello from", 6 * 7)')
  await run.start()
  await new Log(run.output).expectLines(['hello from 42'])
  await expect(run.output.getByText('exit 0', { exact: true })).toBeVisible()

  await page.getByRole('link', { name: 'Sessions' }).click()
  const sessions = new SessionsPage(page)
  await sessions.createSession('build')
  // Each iteration waits for a file, so that the page can be compared with the output so far.
  await sessions.run('build', 'for i in 1 2 3; do echo "tick $i"; until [ -e go-$i ]; do sleep 0.05; done; done')
  for (const printed of [['tick 1'], ['tick 1', 'tick 2'], ['tick 1', 'tick 2', 'tick 3']]) {
    await sessions.log.expectLines(printed)
    await expect(sessions.log.pane.getByText('live', { exact: true })).toBeVisible()
    await execute(run.sandboxId, `touch go-${printed.length}`)
  }
  await expect(sessions.log.pane.getByText('exit 0', { exact: true })).toBeVisible()

  await sessions.run('build', 'printf "Name? "; read name; echo "hi $name"')
  await sessions.log.expectLines(['Name?'])
  await sessions.input.fill('bob')
  await sessions.input.press('Enter')
  await sessions.log.expectText('hi bob')
  await expect(sessions.log.pane.getByText('exit 0', { exact: true })).toBeVisible()
  await expect(sessions.commands('build')).toHaveCount(2)

  expect(problems).toEqual([])
  await context.close()
})

test('a sign-in link works once, and a used link explains what to do', async ({ browser }) => {
  const { signInUrl, consoleUrl } = await product.connection()
  const first = await browser.newContext({ baseURL: consoleUrl, storageState: undefined })
  const second = await browser.newContext({ baseURL: consoleUrl, storageState: undefined })
  const [one, two] = [await first.newPage(), await second.newPage()]
  await one.goto(signInUrl)
  await expect(one).toHaveURL(`${consoleUrl}/`)
  await two.goto(signInUrl)
  await expect(two).toHaveURL(/\/sign-in/)
  await expect(two.getByText('npm run sign-in')).toBeVisible()
  // By then the file has a new link.
  expect((await product.connection()).signInUrl).not.toBe(signInUrl)
  await Promise.all([first.close(), second.close()])
})

/** Runs a command through the API, as another program would. */
async function execute(sandboxId: string, command: string): Promise<void> {
  const { toolboxUrl, apiKey } = await product.connection()
  const response = await fetch(`${toolboxUrl}/${sandboxId}/process/execute`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ command }),
  })
  expect(response.status).toBe(200)
}
