import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { spawn as spawnInTerminal } from '@lydell/node-pty'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { missingPrograms } from '../prerequisites.mjs'

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
  writeFileSync(SANDGLASS_DATA_DIR + '/engine.json', JSON.stringify({ apiUrl, toolboxUrl: apiUrl }))
  note('engine')
  process.send?.({ type: 'locked' })
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
  // Without a lock file, nothing is ever installed into the checkout's node_modules.
  for (const file of ['package.json', 'tsconfig.json']) {
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

function launch(env: Record<string, string> = {}, script = 'start', through: string[] = []) {
  const dataDir = env.SANDGLASS_DATA_DIR ?? mkdtempSync(path.join(tree, 'data-'))
  const [program = '', ...args] = [...through, process.execPath, path.join(tree, 'scripts', `${script}.mjs`)]
  const child = spawn(program, args, {
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
    dataDir,
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

/** The same with a small file system in place of the data directory. */
function launchOnDisk(size: string, prepare = 'true') {
  const script = `mount -t tmpfs -o mode=0700,size=${size} tmpfs "$SANDGLASS_DATA_DIR"; ${prepare}; exec "$0" "$@"`
  return launch({}, 'start', ['unshare', '--map-root-user', '--user', '--mount', 'sh', '-c', script])
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

/** A process that has exited and that nobody has waited for is not alive. */
const isAlive = (pid: number) => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
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

it('says nothing about programs that the engine finds outside of the PATH', async () => {
  const { child, exited, output, isReady } = launch({ PATH: tree })
  await isReady()
  for (const program of ['bash', 'bwrap']) expect(output()).not.toContain(`! ${program} is missing: `)
  child.kill('SIGTERM')
  expect(await exited).toBe(0)
}, 30_000)

it('names what is missing', () => {
  const sentences = missingPrograms('auto', () => null)
  for (const program of ['bash', 'python3', 'bwrap']) {
    expect(sentences).toContainEqual(expect.stringMatching(new RegExp(`^${program} is missing: `)))
  }
})

it.each([
  ['/proc', '/proc is not mounted; run: mount -t proc proc /proc'],
  ['/dev', '/dev has no devices; mount it, as with: mount -t devtmpfs devtmpfs /dev'],
])(
  'stops where the root file system has no %s',
  async (folder, sentence) => {
    const hide = `mount -t tmpfs tmpfs ${folder}; exec "$0" "$@"`
    const { exited, output } = launch({}, 'start', [
      'unshare',
      '--map-root-user',
      '--user',
      '--mount',
      'sh',
      '-c',
      hide,
    ])
    expect(await exited).toBe(1)
    expect(output()).toBe(`! ${sentence}\n`)
  },
  30_000,
)

it.each(['16k', '8m'])(
  'stops where the disk of the data directory has %s',
  async (size) => {
    const { exited, output } = launchOnDisk(size)
    expect(await exited).toBe(1)
    expect(output()).toMatch(
      /^! The disk of the data directory \S+ has [\d.]+ MiB, and Sandglass needs at least 32 MiB; .*\n$/,
    )
  },
  30_000,
)

it('stops where the disk of the data directory is full', async () => {
  const { exited, output } = launchOnDisk('64m', 'head -c 64M /dev/zero >"$SANDGLASS_DATA_DIR/full"')
  expect(await exited).toBe(1)
  expect(output()).toMatch(
    /^(head: .*\n)?! The data directory \S+ cannot be written \(ENOSPC\); free some space, .*\n$/,
  )
}, 30_000)

it('builds a part again whose last build was interrupted or failed, though its sources are those of the last good one', async () => {
  const settings = path.join(tree, 'dist/settings.mjs')
  const good = readFileSync(settings)
  // A failed build: esbuild cannot read a source. The source is then what it was.
  rmSync(path.join(tree, 'lib'))
  symlinkSync(path.join(root, 'docs'), path.join(tree, 'lib'))
  const failed = spawnSync(process.execPath, [path.join(tree, 'scripts/build.mjs'), '--settings'])
  rmSync(path.join(tree, 'lib'))
  symlinkSync(path.join(root, 'lib'), path.join(tree, 'lib'))
  expect(failed.status).toBe(1)
  writeFileSync(settings, 'export const half = ')
  const { child, exited, isReady } = launch()
  await isReady()
  expect(readFileSync(settings).equals(good)).toBe(true)
  child.kill('SIGTERM')
  expect(await exited).toBe(0)
}, 30_000)

it('gives up on a program that does not come up', async () => {
  writeFileSync(path.join(tree, 'dist/engine.mjs'), 'process.exit(7)')
  try {
    const { exited, output } = launch()
    expect(await exited).toBe(1)
    expect(output()).toContain('! The engine does not start (exit code 7); see the lines above for the reason.')
  } finally {
    writeFileSync(path.join(tree, 'dist/engine.mjs'), engine)
  }
}, 30_000)

function ownProcess() {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? []
  return { pid: process.pid, startTicks: Number(fields[19]) }
}

/** A stand-in for a sandbox: a process that the engine's notes in this data directory name. */
function fakeSandbox(dataDir: string) {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' })
  running.push(child)
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const folder = path.join(dataDir, 'sandboxes', 'one')
  mkdirSync(folder, { recursive: true })
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  const note = { bootId, main: { pid: child.pid, startTicks: Number(fields[19]) } }
  writeFileSync(path.join(folder, 'runtime.json'), JSON.stringify(note))
  return { isAlive: () => child.exitCode === null && child.signalCode === null }
}

it.each(['start', 'engine'])(
  'a second %s on the same data directory touches nothing',
  async (script) => {
    const first = launch()
    await first.isReady()
    const sandbox = fakeSandbox(first.dataDir)
    const second = launch({ SANDGLASS_DATA_DIR: first.dataDir }, script)
    expect(await second.exited).toBe(1)
    const consoleUrl = /Console {2}(\S+)/.exec(first.output())?.[1]
    expect(second.output()).toBe(
      `! Sandglass already runs with this data folder (console ${consoleUrl}, process ${first.child.pid}). "npm run sign-in" prints a link.\n`,
    )
    expect(sandbox.isAlive()).toBe(true)
    expect(first.pids('engine')).toHaveLength(1)
    expect([...first.pids('engine'), ...first.pids('console')].every(isAlive)).toBe(true)
  },
  30_000,
)

it('reads the lock before the ports', async () => {
  const first = launch()
  await first.isReady()
  const port = /Console {2}http:\S+:(\d+)/.exec(first.output())?.[1] ?? ''
  const second = launch({ SANDGLASS_DATA_DIR: first.dataDir, PORT: port })
  expect(await second.exited).toBe(1)
  expect(second.output()).toContain('already runs with this data folder')
  expect(second.output()).not.toContain('another program')
}, 30_000)

it('leaves an engine alone that runs without a launcher', async () => {
  const dataDir = mkdtempSync(path.join(tree, 'data-'))
  const sandbox = fakeSandbox(dataDir)
  const server = createServer((_request, response) => response.end('ok'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`
  writeFileSync(path.join(dataDir, 'engine.lock'), JSON.stringify({ ...ownProcess(), apiUrl }))
  const { exited, output } = launch({ SANDGLASS_DATA_DIR: dataDir })
  expect(await exited).toBe(1)
  server.close()
  expect(output()).toBe(`! Sandglass already runs with this data folder (engine ${apiUrl}, process ${process.pid}).\n`)
  expect(sandbox.isAlive()).toBe(true)
}, 30_000)

it('ends sandboxes that its own engine left running', async () => {
  const { child, dataDir, exited, isReady, pids } = launch()
  await isReady()
  const sandbox = fakeSandbox(dataDir)
  process.kill(pids('engine')[0] ?? 0, 'SIGSTOP')
  child.kill('SIGTERM')
  expect(await exited).toBe(0)
  await vi.waitFor(() => expect(sandbox.isAlive()).toBe(false), 5_000)
}, 30_000)

it.each(['SIGTERM', 'SIGKILL'] as const)(
  'a start right after %s waits for its predecessor',
  async (signal) => {
    writeFileSync(
      path.join(tree, 'dist/engine.mjs'),
      engine.replaceAll('process.exit(0)', 'setTimeout(process.exit, 1500)'),
    )
    try {
      const first = launch({ ENGINE_PORT: '0' })
      await first.isReady()
      const [apiUrl] = /http:\S+(?=\/api)/.exec(readFileSync(path.join(first.dataDir, 'engine.json'), 'utf8')) ?? []
      first.child.kill(signal)
      const second = launch({ SANDGLASS_DATA_DIR: first.dataDir, ENGINE_PORT: new URL(apiUrl ?? '').port })
      await second.isReady()
      expect(second.output()).toContain('Waiting until the Sandglass that used this data directory has stopped')
      expect(second.pids('engine')).toHaveLength(2)
      second.child.kill('SIGTERM')
      expect(await second.exited).toBe(0)
    } finally {
      writeFileSync(path.join(tree, 'dist/engine.mjs'), engine)
    }
  },
  30_000,
)

it('npm run stop ends a running Sandglass, and one whose launcher was killed', async () => {
  const first = launch()
  await first.isReady()
  const stop = launch({ SANDGLASS_DATA_DIR: first.dataDir }, 'stop')
  expect(await stop.exited).toBe(0)
  expect(await first.exited).toBe(0)

  writeFileSync(path.join(tree, 'dist/engine.mjs'), engine.replaceAll('process.exit(0)', 'setInterval(() => {}, 1000)'))
  try {
    const second = launch()
    await second.isReady()
    const sandbox = fakeSandbox(second.dataDir)
    second.child.kill('SIGKILL')
    await second.exited
    const refused = launch({ SANDGLASS_DATA_DIR: second.dataDir })
    expect(await refused.exited).toBe(1)
    expect(refused.output()).toContain(
      `An earlier Sandglass with this data directory has not ended (process ${second.pids('engine')[0]}); "npm run stop" ends it.`,
    )
    expect(await launch({ SANDGLASS_DATA_DIR: second.dataDir }, 'stop').exited).toBe(0)
    expect(isAlive(second.pids('engine')[0] ?? 0)).toBe(false)
    await vi.waitFor(() => expect(sandbox.isAlive()).toBe(false), 5_000)
  } finally {
    writeFileSync(path.join(tree, 'dist/engine.mjs'), engine)
  }
  const third = launch({}, 'stop')
  expect(await third.exited).toBe(0)
  expect(third.output()).toContain('Nothing runs with the data directory')
}, 60_000)

it('does not start a program again that refused a setting', async () => {
  writeFileSync(path.join(tree, 'dist/engine.mjs'), "console.error('SANDGLASS_X is wrong.'); process.exit(78)")
  try {
    const { exited, output } = launch()
    expect(await exited).toBe(1)
    expect(output().match(/SANDGLASS_X/g)).toHaveLength(1)
    expect(output()).toContain('! The engine does not start; see the line above for the reason.')
  } finally {
    writeFileSync(path.join(tree, 'dist/engine.mjs'), engine)
  }
}, 30_000)
