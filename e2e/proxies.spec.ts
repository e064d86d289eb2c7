/** The console behind real reverse proxies: the recipes of docs/proxies.md, and what people see without parts of them. */
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from '@playwright/test'
import { findProgram } from '@/lib/settings/programs'
import { RunPage } from './pages/run-page'
import { launchProduct, type Product } from './support/product'
import { freePort, publicName, recipe, startCaddy, startNginx } from './support/reverse-proxy'

test.describe.configure({ mode: 'serial' })
test.use({
  storageState: { cookies: [], origins: [] },
  ignoreHTTPSErrors: true,
  launchOptions: {
    ...(process.env.SANDGLASS_BROWSER ? { executablePath: process.env.SANDGLASS_BROWSER } : {}),
    args: ['--no-sandbox', '--disable-gpu', `--host-resolver-rules=MAP ${publicName} 127.0.0.1`],
  },
})

let product: Product
let consolePort: number
let listedPort: number
let sandboxId: string

const origin = (port: number) => `https://${publicName}:${port}`

test.beforeAll(async () => {
  test.setTimeout(200_000)
  listedPort = await freePort()
  product = await launchProduct({
    env: {
      SANDGLASS_ALLOWED_HOSTS: origin(listedPort),
      SANDGLASS_TRUSTED_PROXIES: '127.0.0.1',
      SANDGLASS_ISOLATION: 'none',
    },
  })
  const { consoleUrl, apiUrl, apiKey } = await product.connection()
  consolePort = Number(new URL(consoleUrl).port)
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const created = await fetch(`${apiUrl}/sandbox`, { method: 'POST', headers, body: '{}' })
  sandboxId = (await created.json()).id
})
test.afterAll(async () => {
  await product.stop()
  await product.remove()
})

/** What `npm run sign-in` prints, in a shell without the settings of the console. */
function printedLink(): string {
  const script = path.resolve(import.meta.dirname, '../scripts/sign-in.mjs')
  const env = { PATH: process.env.PATH, NODE_ENV: 'production' as const, SANDGLASS_DATA_DIR: product.dataDir }
  return execFileSync(process.execPath, [script], { encoding: 'utf8', env }).trim()
}

const recipes = [
  ['nginx', startNginx],
  ['caddy', startCaddy],
] as const

for (const [program, start] of recipes) {
  test(`the recipe for ${program} works: sign-in, pages, actions and the live connection`, async ({ page }) => {
    test.skip(findProgram(program) === null, `${program} is not installed`)
    const proxy = await start(recipe(program), listedPort, consolePort)
    try {
      const link = printedLink()
      expect(link.startsWith(`${origin(listedPort)}/sign-in?token=`)).toBe(true)
      await page.goto(link)
      await expect(page).toHaveURL(`${origin(listedPort)}/`)
      const [cookie] = await page.context().cookies()
      expect(cookie).toMatchObject({ secure: true, httpOnly: true })
      await page.goto(`${origin(listedPort)}/sandboxes/${sandboxId}/run`)
      const run = new RunPage(page, sandboxId)
      await run.choose('Shell')
      await run.write('echo through the proxy')
      await run.start()
      await expect(run.log).toContainText('through the proxy')
      await expect(page.getByText('connected', { exact: true }).first()).toBeVisible()
    } finally {
      await proxy.close()
    }
  })
}

test.describe('with nginx', () => {
  test.skip(() => findProgram('nginx') === null, 'nginx is not installed')

  test('a proxy that does not pass on WebSockets is named in the status bar', async ({ page }) => {
    const without = recipe('nginx').replace(/^.*proxy_set_header (Upgrade|Connection).*\n/gm, '')
    const proxy = await startNginx(without, listedPort, consolePort)
    try {
      await page.goto(printedLink())
      await expect(page.getByText('A reverse proxy removes the headers Upgrade and Connection').first()).toBeVisible()
    } finally {
      await proxy.close()
    }
  })

  test('the page for a host name that is not listed names the setting', async ({ page }) => {
    const port = await freePort()
    const proxy = await startNginx(recipe('nginx'), port, consolePort)
    try {
      const response = await page.goto(`${origin(port)}/`)
      expect(response?.status()).toBe(403)
      await expect(page.getByText(`SANDGLASS_ALLOWED_HOSTS=${publicName}:${port}`)).toBeVisible()
    } finally {
      await proxy.close()
    }
  })

  test('with its own address in Host, the status bar names the setting for a name that is not listed', async ({
    page,
  }) => {
    const port = await freePort()
    const plain = recipe('nginx').replace(/^.*proxy_set_header (Host|X-Forwarded-.*) .*\n/gm, '')
    const proxy = await startNginx(plain, port, consolePort)
    try {
      await page.goto(printedLink().replace(origin(listedPort), origin(port)))
      await expect(page.getByText(`set SANDGLASS_ALLOWED_HOSTS=${origin(port)}`).first()).toBeVisible()
    } finally {
      await proxy.close()
    }
  })

  for (const [kind, target] of [
    ['without', 'http://127.0.0.1:3000/'],
    ['with', 'http://127.0.0.1:3000'],
  ] as const) {
    test(`a path of another site, passed on ${kind} its prefix, says that a host name is needed`, async ({ page }) => {
      const block = recipe('nginx')
        .replace('location / {', 'location /sandglass/ {')
        .replace('http://127.0.0.1:3000', target)
      const proxy = await startNginx(block, listedPort, consolePort)
      try {
        await page.goto(`${origin(listedPort)}/sandglass/`)
        await expect(page.getByText('Sandglass needs a host name of its own')).toBeVisible()
      } finally {
        await proxy.close()
      }
    })
  }
})
