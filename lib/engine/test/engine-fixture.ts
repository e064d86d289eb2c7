/** A real engine: the built program, with its own port and data directory. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { WebSocket } from 'ws'
import type { CreateSandboxRequest, SandboxDto } from '@/lib/process-api/sandbox'
import { findProgram } from '@/lib/settings/programs'
import { buildEngine } from '@/scripts/building/parts.mjs'
import { defaultProcessLimit } from '../isolation/limits/limits'
import { tryControlGroups } from '../isolation/limits/try-control-groups'
import { killTree } from '../linux/kill-tree'
import { eventually } from './toolbox-fixture'

const root = path.resolve(import.meta.dirname, '../../..')

export interface EngineOptions {
  isolation?: 'auto' | 'bubblewrap' | 'none'
  /** Number of warm toolboxes; none by default, for a fast start and stop. */
  warm?: number
  env?: Record<string, string>
  /** A data directory of the test, which `stop` does not remove. */
  dataDir?: string
  port?: number
  /** Run as this ordinary user of the host, from a copy of the program and without a home; requires root. */
  user?: { uid: number; gid: number }
  /** The built program; by default it is built first. */
  program?: string
  /** A command prefix that executes the engine. */
  through?: string[]
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  /** The body as JSON, in the type that the caller expects. */
  json<Value>(): Value
}

export interface EngineFixture {
  readonly dataDir: string
  readonly port: number
  readonly pid: number
  /** Ends in `/api`. */
  readonly apiUrl: string
  readonly toolboxUrl: string
  readonly apiKey: string
  /** The engine's output. */
  readonly log: string
  /** A control-plane request with the key. */
  api(method: string, route: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** A toolbox request with the key; `route` starts with a slash. */
  toolbox(id: string, method: string, route: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  createSandbox(request?: CreateSandboxRequest): Promise<SandboxDto>
  /** A WebSocket with the key, below the engine's address; not yet connected. */
  webSocket(route: string, protocols?: string[], headers?: Record<string, string>): WebSocket
  /** Clean shutdown; resolves with the exit code. The data directory stays until `stop`. */
  terminate(signal?: NodeJS.Signals): Promise<number | null>
  kill9(): Promise<void>
  /** Start again with the same folder and port. */
  restart(env?: Record<string, string>): Promise<void>
  /** End it and everything that a failed test left running, and remove its folder. */
  stop(): Promise<void>
}

export async function startEngine(options: EngineOptions = {}): Promise<EngineFixture> {
  const dataDir = options.dataDir ?? mkdtempSync(path.join(tmpdir(), 'sandglass-engine-'))
  if (options.user) chownSync(dataDir, options.user.uid, options.user.gid)
  const copy = options.user ? await copyProgram() : null
  const program = copy ? path.join(copy, 'engine.mjs') : (options.program ?? (await buildProgram()))
  const engine = new RunningEngine(options, dataDir, options.port ?? (await freePort()), program, copy)
  try {
    await engine.start()
  } catch (error) {
    await engine.stop()
    throw error
  }
  return engine
}

/** `nobody` exists everywhere and owns nothing. */
export const ordinaryUser = { uid: 65_534, gid: 65_534 }

const isRoot = process.getuid?.() === 0
const isolations = [...(findProgram('bwrap') ? (['bubblewrap'] as const) : []), 'none' as const]

/** Each isolation as the user who runs the tests; for root, also as an ordinary user. */
export const userSetups = [
  ...isolations.map((isolation) => ({ isolation, as: 'this user', user: undefined })),
  ...(isRoot ? [{ isolation: 'auto' as const, as: 'an ordinary user', user: ordinaryUser }] : []),
]

let built: Promise<string> | null = null

/** Build the engine once for each test file. */
export function buildProgram(): Promise<string> {
  built ??= buildEngine().then(() => path.join(root, 'dist', 'engine.mjs'))
  return built
}

/** A copy of the built program that every user can read: the checkout may be readable by root alone. */
async function copyProgram(): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-program-'))
  const filter = (name: string) => !name.endsWith('.map')
  cpSync(path.dirname(await buildProgram()), folder, { recursive: true, filter })
  execFileSync('chmod', ['-R', 'a+rX', folder])
  return folder
}

export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port was assigned')
  return address.port
}

/** The environment of an engine in a test, without the user's settings for a real one. */
export function engineEnvironment(options: EngineOptions, dataDir: string, port: number): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(SANDGLASS_|PORT$|HOST$|ENGINE_PORT$|VITEST)/.test(name),
  )
  return {
    ...(Object.fromEntries(inherited) as NodeJS.ProcessEnv),
    NODE_ENV: 'production',
    ENGINE_PORT: String(port),
    SANDGLASS_DATA_DIR: dataDir,
    SANDGLASS_ISOLATION: options.isolation ?? 'auto',
    SANDGLASS_WARM: String(options.warm ?? 0),
    // A test must not depend on the settings of its machine.
    SANDGLASS_MAX_CPU: '64',
    SANDGLASS_MAX_MEMORY: '64',
    SANDGLASS_MAX_DISK: '1000',
    SECRET_OF_THE_HOST: 'do not tell',
    ...(options.user ? { HOME: '/nonexistent' } : {}),
    ...options.env,
  }
}

class RunningEngine implements EngineFixture {
  private child: ChildProcess | null = null
  private connection = { apiUrl: '', toolboxUrl: '', apiKey: '' }
  log = ''

  constructor(
    private readonly options: EngineOptions,
    readonly dataDir: string,
    readonly port: number,
    private readonly program: string,
    /** A folder that `stop` removes. */
    private readonly programCopy: string | null,
  ) {}

  get pid(): number {
    return this.child?.pid ?? -1
  }
  get apiUrl(): string {
    return this.connection.apiUrl
  }
  get toolboxUrl(): string {
    return this.connection.toolboxUrl
  }
  get apiKey(): string {
    return this.connection.apiKey
  }

  async start(env: Record<string, string> = {}): Promise<void> {
    const begun = Date.now()
    const { user, through = [] } = this.options
    const [program = process.execPath, ...args] = [...through, process.execPath, this.program]
    const child = spawn(program, args, {
      cwd: root,
      env: { ...engineEnvironment(this.options, this.dataDir, this.port), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(user ? { uid: user.uid, gid: user.gid } : {}),
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.log += text
      })
    }
    this.child = child
    await eventually(
      'the engine is ready',
      async () => {
        if (child.exitCode !== null) throw new Error(`the engine exited with ${child.exitCode}: ${this.log}`)
        return (await this.isHealthy()) && this.readConnection(begun)
      },
      20_000,
    )
  }

  async api(method: string, route: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return await call(`${this.apiUrl}${route}`, method, body, { authorization: `Bearer ${this.apiKey}`, ...headers })
  }

  async toolbox(
    id: string,
    method: string,
    route: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return await call(`${this.toolboxUrl}/${id}${route}`, method, body, {
      authorization: `Bearer ${this.apiKey}`,
      'x-daytona-sdk-version': '0.216.0',
      ...headers,
    })
  }

  async createSandbox(request: CreateSandboxRequest = {}): Promise<SandboxDto> {
    const answer = await this.api('POST', '/sandbox', request)
    if (answer.status !== 200) throw new Error(`create returned ${answer.status}: ${answer.text}\n${this.log}`)
    return answer.json<SandboxDto>()
  }

  webSocket(route: string, protocols: string[] = [], headers: Record<string, string> = {}): WebSocket {
    return new WebSocket(`ws://127.0.0.1:${this.port}${route}`, protocols, {
      headers: { authorization: `Bearer ${this.apiKey}`, ...headers },
      perMessageDeflate: false,
    })
  }

  async terminate(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.child
    this.child = null
    if (!child) return null
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit')
      child.kill(signal)
      await gone
    }
    return child.exitCode
  }

  async kill9(): Promise<void> {
    await this.terminate('SIGKILL')
  }

  async restart(env: Record<string, string> = {}): Promise<void> {
    await this.terminate()
    await this.start(env)
  }

  async stop(): Promise<void> {
    await this.terminate()
    for (const id of this.sandboxIds()) await killTree({ mark: { variable: 'SANDGLASS_SANDBOX', value: id } }, 0)
    // A killed engine leaves its control groups to the next one, but there is none.
    const groups = await tryControlGroups(this.dataDir, defaultProcessLimit)
    if (typeof groups !== 'string') {
      await groups.tidy(new Set())
      groups.release()
    }
    if (this.options.dataDir === undefined) rmSync(this.dataDir, { recursive: true, force: true })
    if (this.programCopy) rmSync(this.programCopy, { recursive: true, force: true })
  }

  private sandboxIds(): string[] {
    const folder = path.join(this.dataDir, 'sandboxes')
    return existsSync(folder) ? readdirSync(folder) : []
  }

  private async isHealthy(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.port}/health`)).ok
    } catch {
      // The engine does not listen yet.
      return false
    }
  }

  private readConnection(begun: number): boolean {
    const file = path.join(this.dataDir, 'connection.json')
    if (!existsSync(file) || statSync(file).mtimeMs < begun - 1) return false
    this.connection = JSON.parse(readFileSync(file, 'utf8'))
    return true
  }
}

async function call(url: string, method: string, body: unknown, headers: Record<string, string>): Promise<Answer> {
  const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(sent === undefined ? {} : { body: sent }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) }
}
