/**
 * `npm test -- package`: packs the product, starts the tarball with npx on an empty home directory and an empty npm cache,
 * and uses it. Every step passes or fails on its own; `--report FILE` writes them as JSON.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { root } from '../building/freshness.mjs'
import { say } from '../launcher/say.mjs'

/** The first start includes the installation of the package. Both limits are those of a machine without other work. */
const maxFirstStartMs = 30_000
/** For the best of some starts. */
const maxLaterStartMs = 4_000
const laterStarts = 3

/** How much longer everything may take now, because other programs use the processors. */
function slowdown() {
  return Math.max(1, (loadavg()[0] ?? 0) / availableParallelism())
}

const [flag, reportFile] = process.argv.slice(2)
const folder = await mkdtemp(path.join(tmpdir(), 'sandglass-package-'))
/** @type {{name: string, failed: boolean, output: string}[]} */
const results = []
try {
  await runSteps()
} finally {
  await rm(folder, { recursive: true, force: true })
}
if (flag === '--report' && reportFile) await writeFile(reportFile, JSON.stringify(results))
process.exitCode = results.some(({ failed }) => failed) ? 1 : 0

async function runSteps() {
  const manifest = await readFile(path.join(root, 'package.json'), 'utf8')
  const tarball = await step('npm pack makes a tarball', pack)
  if (tarball === undefined) return
  await step('package.json is as before', async () => {
    if ((await readFile(path.join(root, 'package.json'), 'utf8')) !== manifest) throw new Error('it was changed')
  })
  const home = path.join(folder, 'home')
  await mkdir(home)
  await step(`npx starts it within ${maxFirstStartMs / 1000} s, with an empty npm cache`, async () => {
    const { startMs, use, stop } = await start(tarball, home)
    try {
      await use()
    } finally {
      await stop()
    }
    say(`first start in ${(startMs / 1000).toFixed(1)} s`)
    if (startMs > maxFirstStartMs * slowdown()) throw new Error(`it took ${Math.round(startMs)} ms`)
  })
  await step(`npx starts it again within ${maxLaterStartMs / 1000} s`, async () => {
    const times = []
    for (let count = 0; count < laterStarts; count += 1) {
      const { startMs, stop } = await start(tarball, home)
      await stop()
      times.push(Math.round(startMs))
    }
    say(`later starts in ${times.join(', ')} ms`)
    if (Math.min(...times) > maxLaterStartMs * slowdown())
      throw new Error(`the best of ${times.join(', ')} ms is too slow`)
  })
}

/**
 * @template Value
 * @param {string} name
 * @param {() => Promise<Value>} run
 * @returns {Promise<Value | undefined>}
 */
async function step(name, run) {
  try {
    const value = await run()
    results.push({ name, failed: false, output: '' })
    say(`ok      ${name}`)
    return value
  } catch (error) {
    const output = error instanceof Error ? error.message : String(error)
    results.push({ name, failed: true, output })
    say(`FAILED  ${name}: ${output}`)
    return undefined
  }
}

/** @returns {Promise<string>} the path of the tarball */
async function pack() {
  const { status, stderr } = spawnSync('npm', ['pack', '--pack-destination', folder], { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  const name = (await readdir(folder)).find((file) => file.endsWith('.tgz'))
  if (name === undefined) throw new Error('npm pack left no tarball')
  return path.join(folder, name)
}

/**
 * Start the tarball and wait until it is ready.
 * @param {string} tarball
 * @param {string} home
 */
async function start(tarball, home) {
  const { PATH, LANG } = process.env
  const startedAt = performance.now()
  const child = spawn('npx', ['--yes', `./${path.basename(tarball)}`], {
    cwd: path.dirname(tarball),
    // A group of its own, so that no process is left behind whatever happens.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      NODE_ENV: 'production',
      PATH,
      LANG,
      HOME: home,
      npm_config_cache: path.join(home, 'npm-cache'),
      PORT: '0',
      ENGINE_PORT: '0',
    },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  }
  const exited = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGTERM')
    await exited
    // npx may exit before what it started.
    while (isGroupAlive(Number(child.pid))) await delay(10)
  }
  while (!/^Sandglass .* is ready\.$/m.test(output)) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}: ${output}`)
    if (performance.now() - startedAt > 4 * maxFirstStartMs * slowdown()) {
      await stop()
      throw new Error(`it was not ready in time: ${output}`)
    }
    await delay(10)
  }
  return { startMs: performance.now() - startedAt, stop, use: () => useProduct(home) }
}

/** @param {number} group */
function isGroupAlive(group) {
  try {
    return process.kill(-group, 0)
  } catch {
    return false
  }
}

/**
 * Open the console, and run a command and TypeScript in a sandbox.
 * @param {string} home
 */
async function useProduct(home) {
  const connection = JSON.parse(await readFile(path.join(home, '.sandglass', 'connection.json'), 'utf8'))
  const page = await fetch(`${connection.consoleUrl}/sign-in`)
  if (page.status !== 200 || !(await page.text()).includes('Sandglass')) throw new Error(`/sign-in: ${page.status}`)
  const { id } = await call(connection, `${connection.apiUrl}/sandbox`, {})
  const toolbox = `${connection.toolboxUrl}/${id}/process`
  const command = await call(connection, `${toolbox}/execute`, { command: 'echo $((6 * 7))' })
  const code = await call(connection, `${toolbox}/code-run`, {
    language: 'typescript',
    code: 'const answer: number = 42; console.log(answer)',
  })
  for (const { result } of [command, code]) {
    if (result !== '42\n') throw new Error(`a sandbox printed ${JSON.stringify(result)}`)
  }
}

/**
 * @param {{apiKey: string}} connection
 * @param {string} url
 * @param {object} body
 */
async function call({ apiKey }, url, body) {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return response.json()
}
