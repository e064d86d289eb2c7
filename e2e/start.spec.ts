/** `npm start` and `npm run sign-in` with the production build of engine and console. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { type Connection, launchProduct, type Product, processesOf } from './support/product'

test.describe.configure({ mode: 'serial' })

const processCommandsOf = async (dataDir: string) => (await processesOf(dataDir)).map(({ command }) => command)

async function call<Result>({ apiKey }: Connection, method: string, url: string, body?: unknown): Promise<Result> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  expect(response.ok, `${method} ${url}`).toBe(true)
  return (await response.json()) as Result
}

/** A sandbox with a process that ignores SIGTERM. */
async function busySandbox(connection: Connection): Promise<string> {
  const { id } = await call<{ id: string }>(connection, 'POST', `${connection.apiUrl}/sandbox`, {})
  const toolbox = `${connection.toolboxUrl}/${id}`
  await call(connection, 'POST', `${toolbox}/process/execute`, { command: 'echo kept > kept.txt' })
  await call(connection, 'POST', `${toolbox}/process/run`, {
    kind: 'command',
    command: 'trap "" TERM INT HUP; echo started; setsid sleep 1000 & while :; do sleep 1; done',
  })
  return id
}

async function stopsCleanly(product: Product, name: NodeJS.Signals) {
  product.launcher.kill(name)
  if (product.launcher.exitCode === null) await once(product.launcher, 'exit')
  expect(product.launcher.exitCode).toBe(0)
  expect(await processCommandsOf(product.dataDir)).toEqual([])
}

test('a signal ends everything, and a second start finds the files', async () => {
  const first = await launchProduct()
  const id = await busySandbox(await first.connection())
  await stopsCleanly(first, 'SIGINT')

  const second = await launchProduct({ dataDir: first.dataDir })
  const connection = await second.connection()
  const sandbox = await call<{ state: string }>(connection, 'GET', `${connection.apiUrl}/sandbox/${id}`)
  expect(sandbox.state).toBe('stopped')
  await call(connection, 'POST', `${connection.apiUrl}/sandbox/${id}/start`)
  const { result } = await call<{ result: string }>(
    connection,
    'POST',
    `${connection.toolboxUrl}/${id}/process/execute`,
    { command: 'cat kept.txt' },
  )
  expect(result).toBe('kept\n')
  await stopsCleanly(second, 'SIGTERM')
  await second.remove()
})

test('a second start is refused and touches nothing; a start waits for its predecessor; npm run stop ends it', async () => {
  const first = await launchProduct()
  const connection = await first.connection()
  const id = await busySandbox(connection)
  for (const script of ['start', 'engine'] as const) {
    const refused = launchProduct({ dataDir: first.dataDir, script })
    await expect(refused).rejects.toThrow(
      `! Sandglass already runs with this data folder (console ${connection.consoleUrl}, process ${first.launcher.pid}). "npm run sign-in" prints a link.`,
    )
  }
  const { state } = await call<{ state: string }>(connection, 'GET', `${connection.apiUrl}/sandbox/${id}`)
  expect(state).toBe('started')
  const tree = `${connection.toolboxUrl}/${id}/process/tree`
  const { processes } = await call<{ processes: { name: string }[] }>(connection, 'GET', tree)
  expect(processes.map(({ name }) => name)).toContain('sleep')

  first.launcher.kill('SIGTERM')
  const port = new URL(connection.consoleUrl).port
  const second = await launchProduct({ dataDir: first.dataDir, env: { PORT: port } })
  const stop = join(import.meta.dirname, '..', 'scripts', 'stop.mjs')
  execFileSync(process.execPath, [stop], { env: { ...process.env, SANDGLASS_DATA_DIR: second.dataDir } })
  await expect.poll(() => second.launcher.exitCode).toBe(0)
  expect(await processCommandsOf(second.dataDir)).toEqual([])
  await second.remove()
})

test('connection.json appears complete, also after an earlier start', async () => {
  const first = await launchProduct()
  await stopsCleanly(first, 'SIGTERM')
  const file = join(first.dataDir, 'connection.json')
  const earlier = await stat(file)
  const seen = new Set<string>()
  const watch = setInterval(() => {
    const found = statSync(file, { throwIfNoEntry: false })
    if (found && found.ino !== earlier.ino)
      seen.add(
        Object.keys(JSON.parse(readFileSync(file, 'utf8')))
          .sort()
          .join(),
      )
  }, 1)
  const second = await launchProduct({ dataDir: first.dataDir })
  await expect.poll(() => seen.size).toBeGreaterThan(0)
  clearInterval(watch)
  expect([...seen]).toEqual(['apiKey,apiUrl,consoleUrl,signInUrl,toolboxUrl'])
  await stopsCleanly(second, 'SIGTERM')
  await second.remove()
})

test('no process is left after the launcher is killed', async () => {
  const product = await launchProduct()
  await busySandbox(await product.connection())
  product.launcher.kill('SIGKILL')
  await expect.poll(() => processCommandsOf(product.dataDir)).toEqual([])
  await product.remove()
})

test('no process is left when the engine does not respond', async () => {
  const product = await launchProduct()
  await busySandbox(await product.connection())
  process.kill(await product.pidOf('engine'), 'SIGSTOP')
  await product.stop()
  expect(await processCommandsOf(product.dataDir)).toEqual([])
  await product.remove()
})

test('a second signal while the engine does not respond ends everything too', async () => {
  const product = await launchProduct()
  await busySandbox(await product.connection())
  process.kill(await product.pidOf('engine'), 'SIGSTOP')
  const exited = once(product.launcher, 'exit')
  product.launcher.kill('SIGINT')
  await expect.poll(() => product.output()).toContain('Stopping')
  // One Ctrl+C may arrive twice, through the terminal and through npm; a second one comes later.
  await expect
    .poll(() => {
      product.launcher.kill('SIGINT')
      return product.launcher.exitCode
    })
    .toBe(0)
  await exited
  expect(await processCommandsOf(product.dataDir)).toEqual([])
  await product.remove()
})

test('npm forwards the signal', async () => {
  const { dataDir, ...product } = await launchProduct()
  await product.stop()
  const npm = spawn('npm', ['start', '--silent'], {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PORT: '0', ENGINE_PORT: '0', SANDGLASS_DATA_DIR: dataDir },
  })
  let output = ''
  npm.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  await expect.poll(() => output).toContain('is ready.')
  npm.kill('SIGTERM')
  await expect.poll(() => processCommandsOf(dataDir)).toEqual([])
  await product.remove()
})

test('a sign-in link signs in once, and the command prints another', async ({ playwright }) => {
  const product = await launchProduct()
  const { signInUrl, consoleUrl } = await product.connection()
  const visit = async (url: string) => {
    const context = await playwright.request.newContext()
    await context.get(url)
    const page = await context.get(`${consoleUrl}/`, { maxRedirects: 0 })
    await context.dispose()
    return page.status()
  }
  expect(await visit(signInUrl)).toBe(200)
  expect(await visit(signInUrl)).not.toBe(200)
  const printed = execFileSync(process.execPath, [join(import.meta.dirname, '../scripts/sign-in.mjs')], {
    encoding: 'utf8',
    env: { ...process.env, SANDGLASS_DATA_DIR: product.dataDir },
  })
  expect(await visit(printed.trim())).toBe(200)
  await product.stop()
  await product.remove()
})
