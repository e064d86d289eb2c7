/** Starts the product like `npm start`, with its own data directory and free ports. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const startTimeoutMs = 180_000

/** What `connection.json` holds. */
export interface Connection {
  consoleUrl: string
  signInUrl: string
  apiUrl: string
  apiKey: string
  toolboxUrl: string
}

export interface Product {
  readonly dataDir: string
  readonly launcher: ChildProcess
  /** Everything printed so far. */
  output(): string
  /** Read each time, because a used sign-in link is replaced. */
  connection(): Promise<Connection>
  /** The pid of the engine or the console, which changes after a restart. */
  pidOf(program: 'engine' | 'console'): Promise<number>
  /** Sends SIGTERM, waits until the launcher has exited, and returns how long that took in ms. */
  stop(): Promise<number>
  /** Removes the data directory; call it after `stop`. */
  remove(): Promise<void>
}

export interface LaunchOptions {
  env?: Record<string, string>
  /** An existing data directory, for a second start. */
  dataDir?: string
  /** The command's script; `start` when left out. */
  script?: 'start' | 'engine'
}

/** Starts the product and waits until it is ready. Throws with its output if it exits before. */
export async function launchProduct(options: LaunchOptions = {}): Promise<Product> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'sandglass-e2e-')))
  const { npm_lifecycle_event: _event, ...inherited } = process.env
  const launcher = spawn(process.execPath, [join(root, 'scripts', `${options.script ?? 'start'}.mjs`)], {
    cwd: root,
    // With the IPC channel the product exits when the test runner is killed.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...inherited, PORT: '0', ENGINE_PORT: '0', SANDGLASS_DATA_DIR: dataDir, ...options.env },
  })
  let output = ''
  const collect = (text: string) => {
    output += text
  }
  launcher.stdout?.setEncoding('utf8').on('data', collect)
  launcher.stderr?.setEncoding('utf8').on('data', collect)

  const exited = new Promise<void>((resolve) => launcher.once('exit', () => resolve()))
  const product: Product = {
    dataDir,
    launcher,
    output: () => output,
    connection: async () => JSON.parse(await readFile(join(dataDir, 'connection.json'), 'utf8')),
    pidOf: async (program) => {
      const file = program === 'engine' ? 'engine.mjs' : 'server.mjs'
      const deadline = Date.now() + 10_000
      while (Date.now() < deadline) {
        for (const pid of await childrenOf(launcher.pid)) {
          if ((await readProcess(pid, 'cmdline')).includes(join('dist', file))) return pid
        }
        await delay(20)
      }
      throw new Error(`no ${program} runs below the launcher`)
    },
    stop: async () => {
      const startedAt = performance.now()
      launcher.kill('SIGTERM')
      await exited
      return performance.now() - startedAt
    },
    remove: () => rm(dataDir, { recursive: true, force: true }),
  }

  const deadline = Date.now() + startTimeoutMs
  while (!/^Sandglass.* is ready\.$/m.test(output)) {
    if (launcher.exitCode !== null || launcher.signalCode !== null || Date.now() > deadline) {
      launcher.kill('SIGKILL')
      throw new Error(`the product did not start:\n${output}`)
    }
    await delay(20)
  }
  return product
}

/** Processes that belong to a data directory: it is in their command line, environment or working directory. */
export async function processesOf(dataDir: string): Promise<{ pid: number; command: string }[]> {
  const found: { pid: number; command: string }[] = []
  for (const name of await readdir('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    const command = await readProcess(pid, 'cmdline')
    const rest = [await readProcess(pid, 'environ'), await readlink(`/proc/${pid}/cwd`).catch(() => '')]
    if ([command, ...rest].some((text) => text.includes(dataDir))) {
      found.push({ pid, command: command.replaceAll('\0', ' ').trim() })
    }
  }
  return found
}

async function childrenOf(pid: number | undefined): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return text.split(' ').filter(Boolean).map(Number)
}

/** Empty for a process that has exited or may not be read. */
function readProcess(pid: number, file: 'cmdline' | 'environ'): Promise<string> {
  return readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
}
