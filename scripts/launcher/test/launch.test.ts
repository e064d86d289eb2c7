import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { spawn as spawnInTerminal } from '@lydell/node-pty'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'

/** A checkout whose engine and console are small stand-ins: what is tested is the launcher around them. */
const tree = mkdtempSync(path.join(tmpdir(), 'sandglass-launch-'))
const root = path.resolve(import.meta.dirname, '../../..')
const running: ChildProcess[] = []

const standIn = (ready: string) => `
import { createServer } from 'node:http'
import { readFileSync, writeFileSync, appendFileSync } from 'node:fs'
const { PORT, HOST, ENGINE_PORT, SANDGLASS_DATA_DIR } = process.env
const note = (what) => appendFileSync(SANDGLASS_DATA_DIR + '/notes', what + ' ' + process.pid + '\\n')
const server = createServer((request, response) => response.end('ok'))
for (const name of ['SIGTERM', 'disconnect']) process.on(name, () => { note(name); process.exit(0) })
${ready}
`
const engine = standIn(`
server.listen(Number(ENGINE_PORT), '127.0.0.1', () => {
  const apiUrl = 'http://127.0.0.1:' + ENGINE_PORT + '/api'
  writeFileSync(SANDGLASS_DATA_DIR + '/connection.json', JSON.stringify({ apiUrl, toolboxUrl: apiUrl }))
  note('engine')
})`)
const consoleProgram = standIn(`
server.listen(Number(PORT), HOST, () => {
  note('console')
  const consoleUrl = 'http://' + HOST + ':' + PORT
  process.send({ type: 'ready', consoleUrl, signInUrl: consoleUrl + '/sign-in?token=x' })
})`)

/** The check of the settings is the real one, built from the sources. */
function build() {
  execFileSync(process.execPath, [
    '--input-type=module',
    '--eval',
    `import * as f from ${JSON.stringify(path.join(tree, 'scripts/building/freshness.mjs'))}
     const parts = await import(${JSON.stringify(path.join(tree, 'scripts/building/parts.mjs'))})
     await parts.buildSettings()
     const prints = await f.fingerprints()
     for (const name of Object.keys(prints)) await f.recordBuilt(name, prints[name])`,
  ])
}

beforeAll(() => {
  cpSync(path.join(root, 'scripts'), path.join(tree, 'scripts'), { recursive: true })
  for (const file of ['package.json', 'package-lock.json', 'tsconfig.json']) {
    cpSync(path.join(root, file), path.join(tree, file))
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(tree, 'node_modules'))
  symlinkSync(path.join(root, 'lib'), path.join(tree, 'lib'))
  for (const folder of ['dist', '.next']) mkdirSync(path.join(tree, folder))
  writeFileSync(path.join(tree, '.next/BUILD_ID'), 'x')
  writeFileSync(path.join(tree, 'dist/engine.mjs'), engine)
  writeFileSync(path.join(tree, 'dist/server.mjs'), consoleProgram)
  build()
})

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})
afterAll(() => rmSync(tree, { recursive: true, force: true }))

function launch(env: Record<string, string> = {}, script = 'start') {
  const dataDir = mkdtempSync(path.join(tree, 'data-'))
  const child = spawn(process.execPath, [path.join(tree, 'scripts', `${script}.mjs`)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { NODE_ENV: 'test', PATH: process.env.PATH, PORT: '0', ENGINE_PORT: '0', SANDGLASS_DATA_DIR: dataDir, ...env },
  })
  running.push(child)
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  return {
    child,
    exited,
    output: () => output,
    isReady: () => vi.waitFor(() => expect(output).toMatch(/ready\.\n/), 10_000),
    /** Process ids that a program noted, oldest first. */
    pids: (program: string) =>
      readFileSync(path.join(dataDir, 'notes'), 'utf8')
        .split('\n')
        .filter((line) => line.startsWith(`${program} `))
        .map((line) => Number(line.split(' ')[1])),
  }
}

/** The same with a terminal, as a person starts it. */
function launchInTerminal() {
  const dataDir = mkdtempSync(path.join(tree, 'data-'))
  const terminal = spawnInTerminal(process.execPath, [path.join(tree, 'scripts', 'start.mjs')], {
    cols: 200,
    env: { NODE_ENV: 'test', PATH: process.env.PATH, PORT: '0', ENGINE_PORT: '0', SANDGLASS_DATA_DIR: dataDir },
  })
  let output = ''
  terminal.onData((text) => {
    output += text
  })
  const exited = new Promise<void>((resolve) => terminal.onExit(() => resolve()))
  return {
    output: () => output,
    isReady: () => vi.waitFor(() => expect(output).toMatch(/ready\.\r?\n/), 10_000),
    end: async () => {
      terminal.kill('SIGTERM')
      await exited
    },
  }
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

it('prints the sign-in link for a person at a terminal', async () => {
  const { output, isReady, end } = launchInTerminal()
  await isReady()
  await vi.waitFor(
    () => expect(output()).toMatch(/Sign in {2}http:\/\/127\.0\.0\.1:\d+\/sign-in\?token=x\r?\n/),
    10_000,
  )
  await end()
}, 30_000)

it('prints the address and how to sign in, and takes everything down on SIGTERM', async () => {
  const { child, exited, output, isReady, pids } = launch()
  await isReady()
  expect(output()).toMatch(/Console {2}http:\/\/127\.0\.0\.1:\d+\n/)
  await vi.waitFor(() => expect(output()).toContain('Sign in  run "npm run sign-in" for a link'), 10_000)
  // Whatever is no terminal may be the log of a service, which others read.
  expect(output()).not.toContain('token=')
  const begun = performance.now()
  child.kill('SIGTERM')
  expect(await exited).toBe(0)
  expect(performance.now() - begun).toBeLessThan(5_000)
  for (const pid of [...pids('engine'), ...pids('console')]) expect(isAlive(pid)).toBe(false)
}, 30_000)

it('starts the engine alone', async () => {
  const { child, exited, isReady, pids } = launch({}, 'engine')
  await isReady()
  expect(pids('console')).toEqual([])
  child.kill('SIGINT')
  expect(await exited).toBe(0)
}, 30_000)

it('starts a program again that died, and says so', async () => {
  const { output, isReady, pids } = launch()
  await isReady()
  process.kill(pids('engine')[0] ?? 0, 'SIGKILL')
  await vi.waitFor(() => expect(pids('engine')).toHaveLength(2), 10_000)
  expect(output()).toContain('! The engine ended unexpectedly (signal SIGKILL); starting it again in 0.25 s.')
  expect(pids('console')).toHaveLength(1)
}, 30_000)

it('takes its programs along when it is killed itself', async () => {
  const { child, isReady, pids } = launch()
  await isReady()
  child.kill('SIGKILL')
  const all = [...pids('engine'), ...pids('console')]
  await vi.waitFor(() => expect(all.filter(isAlive)).toEqual([]), 5_000)
}, 30_000)

it('stops at a taken port with a sentence that names the setting', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const port = String((server.address() as AddressInfo).port)
  const { exited, output } = launch({ PORT: port })
  expect(await exited).toBe(1)
  server.close()
  expect(output()).toContain(`! Port ${port} on 127.0.0.1 is taken by another program`)
  expect(output()).toContain('PORT=')
}, 30_000)

it('stops at a wrong setting', async () => {
  const { exited, output } = launch({ SANDGLASS_ISOLATION: 'docker' })
  expect(await exited).toBe(1)
  expect(output()).toBe('! SANDGLASS_ISOLATION is "docker", but it must be one of auto, bubblewrap, none.\n')
}, 30_000)

it('names what is missing and goes on', async () => {
  const { child, exited, output, isReady } = launch({ PATH: tree })
  await isReady()
  for (const program of ['bash', 'python3', 'bwrap']) expect(output()).toContain(`! ${program} is missing: `)
  child.kill('SIGTERM')
  expect(await exited).toBe(0)
}, 30_000)

it('gives up on a program that does not come up', async () => {
  writeFileSync(path.join(tree, 'dist/engine.mjs'), 'process.exit(7)')
  try {
    const { exited, output } = launch()
    expect(await exited).toBe(1)
    expect(output()).toContain('! The engine does not start (exit code 7); the lines above say why.')
  } finally {
    writeFileSync(path.join(tree, 'dist/engine.mjs'), engine)
  }
}, 30_000)
