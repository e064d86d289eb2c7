/** Previews of pages that programs in sandboxes serve: they load completely, and only for authorised visitors. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { portForProgram, startPortServer } from '../lib/engine/test/port-program'
import type { SignedPreviewUrl } from '../lib/process-api/previews'
import type { PreviewUrl } from '../lib/process-api/sandbox'
import { test as base, expect } from './support/fixtures'
import type { Connection } from './support/product'

interface Preview {
  port: number
  link: PreviewUrl
  linkTo(port: number): Promise<PreviewUrl>
  signed: SignedPreviewUrl
}

const test = base.extend<{ preview: Preview }>({
  // Visitors of a preview link need no session.
  storageState: async ({}, use) => {
    await use({ cookies: [], origins: [] })
  },
  preview: async ({ connection, sandbox }, use) => {
    const port = await portForProgram()
    const { toolboxUrl, apiKey } = connection
    const toolbox = (id: string, method: string, route: string, body?: unknown) =>
      ask(connection, method, `${toolboxUrl}/${id}${route}`, body)
    await startPortServer({ toolboxUrl, apiKey, toolbox }, sandbox.id, [['127.0.0.1', port]])
    const ports = `${connection.apiUrl}/sandbox/${sandbox.id}/ports`
    const linkTo = async (of: number) => (await ask(connection, 'GET', `${ports}/${of}/preview-url`)).json<PreviewUrl>()
    await use({
      port,
      link: await linkTo(port),
      linkTo,
      signed: (await ask(connection, 'GET', `${ports}/${port}/signed-preview-url`)).json(),
    })
  },
})

test('without a credential the page asks for a token and removes it from the address', async ({ page, preview }) => {
  const { url, token } = preview.link
  expect((await page.goto(`${url}/page`))?.status()).toBe(401)
  await expect(page.getByRole('heading', { name: 'This preview is private' })).toBeVisible()
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
  await page.getByLabel('Preview token').fill(token)
  await page.getByRole('button', { name: 'Open the preview' }).click()
  await expect(page.getByText('all loaded')).toBeVisible()
  expect(page.url()).toBe(`${url}/page`)
  expect(await page.evaluate(() => document.cookie)).toBe('')
  await page.reload()
  await expect(page.getByText('all loaded')).toBeVisible()
})

test('a signed link opens the page with its script, its picture and its socket', async ({ page, preview }) => {
  await page.goto(`${preview.signed.url}/page`)
  await expect(page.getByText('all loaded')).toBeVisible()
  await expect(page.locator('img')).toHaveJSProperty('naturalWidth', 7)
  expect(page.url()).toBe(`${preview.link.url}/page`)
})

test('a name below localhost opens the same page', async ({ page, preview, sandbox, connection }) => {
  const { port, link, signed } = preview
  for (const label of [`${port}-${sandbox.id}`, `${port}-${signed.token}`]) {
    const origin = `http://${label}.localhost:${new URL(connection.apiUrl).port}`
    await page.goto(`${origin}/page?DAYTONA_SANDBOX_AUTH_KEY=${label.includes(signed.token) ? '' : link.token}`)
    await expect(page.getByText('all loaded')).toBeVisible()
  }
})

test('on a port without a listener the page lists the open ports, and retries', async ({ page, preview }) => {
  const { url, token } = preview.link
  await page.goto(`${url}/page?DAYTONA_SANDBOX_AUTH_KEY=${token}`)
  await expect(page.getByText('all loaded')).toBeVisible()
  const empty = (await preview.linkTo(1)).url
  await page.goto(`${empty}/?DAYTONA_SANDBOX_AUTH_KEY=${token}`)
  await expect(page.getByRole('main')).toContainText(`Nothing listens on port 1; these ports do: ${preview.port}.`)
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
  await page.getByRole('link', { name: 'Try again' }).click()
  await expect(page.getByRole('main')).toContainText('Nothing listens on port 1')
})

test('the page of another sandbox cannot use the visitor’s access', async ({
  page,
  preview,
  makeSandbox,
  connection,
}) => {
  const { url, token } = preview.link
  await page.goto(`${url}/page?DAYTONA_SANDBOX_AUTH_KEY=${token}`)
  await expect(page.getByText('all loaded')).toBeVisible()
  const other = await makeSandbox({ public: true })
  const port = await portForProgram()
  const { toolboxUrl, apiKey } = connection
  const toolbox = (id: string, method: string, route: string, body?: unknown) =>
    ask(connection, method, `${toolboxUrl}/${id}${route}`, body)
  await startPortServer({ toolboxUrl, apiKey, toolbox }, other.id, [['127.0.0.1', port]])
  const named = `http://${port}-${other.id}.localhost:${new URL(connection.apiUrl).port}`
  const route = `${connection.apiUrl}/sandbox/${other.id}/ports/${port}/preview-url`
  const { url: addressed } = (await ask(connection, 'GET', route)).json<PreviewUrl>()
  for (const origin of [named, addressed]) {
    await page.goto(`${origin}/page`)
    expect(await attemptsOf(page, url)).toEqual([401, 'failed', 'refused'])
  }
})

/** What a page can do with the access of its visitor to another origin. */
function attemptsOf(page: Page, url: string): Promise<unknown[]> {
  return page.evaluate(async (target) => {
    const fetched = async (init: RequestInit) =>
      (await fetch(`${target}/seen`, init).catch(() => null))?.status ?? 'failed'
    const socket = new WebSocket(`${target.replace('http', 'ws')}/line`)
    const opened = await new Promise((resolve) => {
      socket.onopen = () => resolve('open')
      socket.onerror = () => resolve('refused')
    })
    return [await fetched({}), await fetched({ credentials: 'include' }), opened]
  }, url)
}

async function ask(connection: Connection, method: string, url: string, body?: unknown) {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${connection.apiKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: <Value>() => JSON.parse(text) as Value }
}
