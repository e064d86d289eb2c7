/** Starts the product with an empty data directory, does some work in a sandbox, and takes the pictures of docs/images. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { chromium } from '@playwright/test'
import { root } from '../building/freshness.mjs'
import { PlainError } from '../errors.mjs'
import { findBrowser } from '../testing/browser.mjs'

const images = path.join(root, 'docs', 'images')

const watchScript = `n=1
while :; do
  printf '\\033[32m✓\\033[0m compiled \\033[34mapp/sandboxes/[id]/page.tsx\\033[0m in %d ms\\n' $((120 + n % 90))
  [ $((n % 9)) = 0 ] && printf 'warn - Duplicate key "session:%d" in lib/live/hub.ts:%d\\n' $n $n >&2
  n=$((n + 1)); sleep 0.15
done
`

/** Lines with fields from a service, with some errors. */
const serviceScript = `import json, random, sys, time
random.seed(7)
for number in range(40_000):
    status = random.choices([200, 201, 404, 503], [90, 6, 3, 1])[0]
    entry = {"level": "error" if status == 503 else "warn" if status == 404 else "info", "msg": "request", "method": random.choice(["GET", "GET", "POST"]), "path": random.choice(["/api/orders", "/api/users", "/health"]), "status": status, "ms": random.randint(2, 90 if status < 500 else 900)}
    print(json.dumps(entry), file=sys.stderr if status == 503 else sys.stdout, flush=number % 50 == 0)
    if number % 4_000 == 0: time.sleep(0.25)
time.sleep(3600)
`

const failingProgram = `import sys, time

def load(rows):
    for row in range(rows):
        print("loaded row", row, flush=True)
        time.sleep(0.05)
    print("no such column: price", file=sys.stderr)
    raise KeyError("price")

load(8)
`

/** What a notebook imports: figures, and a chart without a plotting library. */
const metricsModule = `latencies = {"Mon": [112, 98, 131], "Tue": [104, 119, 97], "Wed": [188, 240, 201], "Thu": [121, 108, 115]}

class Chart:
    def __init__(self, title, series):
        points = [{"label": name, "points": [[i, v] for i, v in enumerate(values)]} for name, values in series.items()]
        self.chart = {"type": "line", "title": title, "x_label": "request", "y_label": "ms", "elements": points}

    def _repr_mimebundle_(self, **_):
        return {"application/vnd.sandglass.chart+json": self.chart}
`

const cells = [
  `from statistics import median
from metrics import Chart, latencies

for day, values in latencies.items():
    print(f"{day}  {len(values)} requests, median {median(values)} ms")`,
  'slow = {day: values for day, values in latencies.items() if median(values) > 110}\nslow',
  'Chart("Latency by request", latencies)',
]

/**
 * @typedef {{consoleUrl: string, signInUrl: string, apiUrl: string, apiKey: string, toolboxUrl: string}} Connection
 * @typedef {(path: string, body: object) => Promise<any>} Post
 */

const dataDir = await mkdtemp(path.join(tmpdir(), 'sandglass-screenshots-'))
const product = spawn(process.execPath, ['scripts/start.mjs'], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  env: { ...process.env, PORT: '0', ENGINE_PORT: '0', SANDGLASS_DATA_DIR: dataDir },
})
try {
  const connection = await awaitConnection()
  const { sandboxId, commandId, serviceId, runId } = await prepareSandbox(connection)
  const browser = await chromium.launch({ executablePath: findBrowser() ?? undefined, args: ['--no-sandbox'] })
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  await page.goto(connection.signInUrl)
  const sandbox = `${connection.consoleUrl}/sandboxes/${sandboxId}`
  for (const colorScheme of /** @type {const} */ (['dark', 'light'])) {
    await page.emulateMedia({ colorScheme })
    await page.goto(`${sandbox}/sessions/build/${commandId}`)
    await page.getByText('warn - Duplicate key').first().waitFor({ state: 'attached' })
    await take(page, `sessions-${colorScheme}`)
    await page.goto(`${sandbox}/sessions/service/${serviceId}`)
    const log = page.getByRole('region', { name: /^Log of / })
    await log.getByText('request').first().waitFor({ state: 'attached' })
    await page.keyboard.press('Control+f')
    await page.locator('search input').first().fill('503')
    await take(page, `logs-${colorScheme}`)
    await page.goto(`${sandbox}/sessions/service/${serviceId}`)
    await chooseInMenu(page, log, 'Lines with fields')
    await take(page, `fields-${colorScheme}`)
    await page.getByRole('button', { name: 'Show as text' }).click()
    await page.goto(`${connection.consoleUrl}/history`)
    await page.getByRole('list', { name: 'Executions' }).getByText('import sys, time').first().click()
    await page.getByRole('button', { name: 'Run again' }).waitFor()
    await take(page, `history-${colorScheme}`)
    await page.goto(`${connection.consoleUrl}/audit`)
    await page.getByRole('list', { name: 'Entries' }).getByRole('button').first().click()
    await take(page, `audit-${colorScheme}`)
    await page.goto(`${connection.consoleUrl}/wall`)
    await fillWall(page)
    await take(page, `wall-${colorScheme}`)
    await page.goto(`${sandbox}/run/${runId}`)
    await page.getByRole('button', { name: /^edit/i }).first().click()
    await page.getByText("KeyError: 'price'").first().waitFor({ state: 'attached' })
    await take(page, `run-${colorScheme}`)
    await page.goto(`${sandbox}/processes`)
    await page.getByText('http.server').first().waitFor()
    await take(page, `processes-${colorScheme}`)
    await page.goto(`${sandbox}/processes?preview=8000`)
    await page.frameLocator('iframe').getByRole('heading').first().waitFor()
    await take(page, `ports-${colorScheme}`)
    await page.goto(`${sandbox}/info`)
    await page.getByRole('heading', { name: 'Resources' }).waitFor()
    await take(page, `info-${colorScheme}`)
    await page.goto(connection.consoleUrl)
    await page.getByRole('row').filter({ hasText: 'api-worker' }).waitFor()
    await take(page, `home-${colorScheme}`)
    await page.goto(`${sandbox}/files/home/daytona/watch.sh`)
    await page.getByRole('textbox', { name: 'Contents of watch.sh' }).waitFor()
    await take(page, `files-${colorScheme}`)
    await page.goto(`${sandbox}/terminal/editor/shell`)
    if (colorScheme === 'dark') await fillTerminals(page)
    await take(page, `terminal-${colorScheme}`)
    await page.goto(`${sandbox}/interpreter`)
    if (colorScheme === 'dark') await fillNotebook(page)
    else await page.getByRole('img', { name: /Latency by request/ }).waitFor()
    await take(page, `interpreter-${colorScheme}`)
  }
  await browser.close()
} finally {
  product.kill('SIGTERM')
  await once(product, 'exit')
  await rm(dataDir, { recursive: true, force: true })
}

/** @returns {Promise<Connection>} */
async function awaitConnection() {
  while (product.exitCode === null) {
    const text = await readFile(path.join(dataDir, 'connection.json'), 'utf8').catch(() => '{}')
    const connection = JSON.parse(text)
    if (connection.signInUrl && connection.apiKey) return connection
    await delay(100)
  }
  throw new PlainError('the product did not start')
}

/**
 * A sandbox in which sessions, runs and processes have something to show.
 * @param {Connection} connection
 */
async function prepareSandbox({ apiUrl, apiKey, toolboxUrl }) {
  /** @param {string} base */
  const poster = (base) => async (/** @type {string} */ route, /** @type {object} */ body) => {
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
    const response = await fetch(`${base}${route}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!response.ok) throw new PlainError(`${route}: ${response.status} ${await response.text()}`)
    const text = await response.text()
    return text === '' ? null : JSON.parse(text)
  }
  const labels = { 'code-toolbox-language': 'python' }
  const { id } = await poster(apiUrl)('/sandbox', { name: 'api-worker', labels })
  /** @type {Post} */
  const post = poster(`${toolboxUrl}/${id}/process`)
  await post('/execute', { command: `cat > watch.sh <<'X'\n${watchScript}X` })
  await post('/run', { kind: 'command', command: 'ls -la && uname -r' })
  await post('/run', { kind: 'code', language: 'python', code: 'print(sum(range(10)))\n' })
  const run = await post('/run', { kind: 'code', language: 'python', code: failingProgram })
  await post('/run', { kind: 'command', command: 'python3 -m http.server 8000 & while :; do sleep 1; done' })
  await post('/execute', { command: `cat > load.py <<'X'\n${failingProgram}X` })
  await post('/execute', { command: `cat > metrics.py <<'X'\n${metricsModule}X` })
  for (const id of ['editor', 'shell']) await post('/pty', { id })
  for (const sessionId of ['seed-data', 'migrate', 'build']) await post('/session', { sessionId })
  await post('/session/seed-data/exec', { command: 'echo 42 rows' })
  await post('/session/migrate/exec', { command: 'echo migrating; sleep 3600', runAsync: true })
  await post('/session/build/exec', { command: 'git --version' })
  await post('/session/build/exec', { command: 'echo "1 test failed" >&2; (exit 1)' })
  const watch = await post('/session/build/exec', { command: 'bash watch.sh --watch', runAsync: true })
  await post('/execute', { command: `cat > service.py <<'X'\n${serviceScript}X` })
  await post('/session', { sessionId: 'service' })
  const service = await post('/session/service/exec', { command: 'python3 service.py', runAsync: true })
  return { sandboxId: id, commandId: watch.cmdId, serviceId: service.cmdId, runId: run.id }
}

/**
 * Chooses an entry of a log's menu.
 * @param {import('@playwright/test').Page} page
 * @param {import('@playwright/test').Locator} log
 * @param {string} entry
 */
async function chooseInMenu(page, log, entry) {
  await log.getByRole('button', { name: 'Log options' }).click()
  await page.getByRole('menu').getByText(entry, { exact: true }).click()
  await page.keyboard.press('Escape')
}

/**
 * Adds sessions, the failed run and a terminal to the wall.
 * @param {import('@playwright/test').Page} page
 */
async function fillWall(page) {
  await page.getByRole('button', { name: 'Add panes' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'Add panes' })
  for (const search of ['build', 'service', 'migrate', 'import sys', 'editor', 'seed']) {
    await dialog.getByRole('combobox').fill(search)
    await dialog.getByRole('option').first().click()
  }
  await dialog.getByRole('button', { name: 'Done' }).click()
}

/**
 * Opens a file in one terminal, and runs it in the other.
 * @param {import('@playwright/test').Page} page
 */
async function fillTerminals(page) {
  const commands = { editor: 'vim -c "syntax on" load.py', shell: 'ls -la --color; python3 load.py' }
  for (const [id, command] of Object.entries(commands)) {
    const pane = page.getByRole('region', { name: `Terminal ${id}` })
    await pane.locator('.xterm-rows').getByText('$').first().waitFor()
    await pane.getByRole('textbox').focus()
    await page.keyboard.type(`${command}\n`)
  }
}

/**
 * Writes and runs the cells of a new notebook, and opens the list of variables.
 * @param {import('@playwright/test').Page} page
 */
async function fillNotebook(page) {
  for (const [index, code] of cells.entries()) {
    const cell = page.getByRole('listitem', { name: `Cell ${index + 1}`, exact: true })
    await cell.getByRole('textbox', { name: /of cell/ }).click()
    await page.keyboard.insertText(code)
    await page.keyboard.press('Shift+Enter')
    await cell.getByText('done').first().waitFor()
  }
  await page.getByRole('button', { name: 'Variables' }).click()
  await page
    .getByRole('status')
    .filter({ hasText: /^saved$/ })
    .waitFor()
}

/**
 * @param {import('@playwright/test').Page} page
 * @param {string} name
 */
async function take(page, name) {
  // Until live output fills the pane and animations have ended.
  await page.waitForTimeout(4_000)
  await page.screenshot({ path: path.join(images, `${name}.png`) })
}
