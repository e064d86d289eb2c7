/** A real toolbox process without isolation, reached over its Unix socket. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { buildToolbox } from '@/scripts/building/parts.mjs'
import { type ToolboxConfigInput, toolboxConfigVariable, toolboxNodeArguments } from '../config/toolbox-config'

export interface ToolboxAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
  readonly text: string
  /** The body as JSON, in the type that the caller expects. */
  json<Value>(): Value
}

export interface RequestInit {
  method?: string
  headers?: Record<string, string>
  /** A string or bytes are sent unchanged, anything else as JSON. */
  body?: unknown
  signal?: AbortSignal
}

export interface ToolboxFixture {
  readonly pid: number
  readonly sandboxId: string
  readonly folder: string
  readonly stateDir: string
  readonly homeDir: string
  readonly socketPath: string
  /** The toolbox's log. */
  readonly log: string
  request(url: string, init?: RequestInit): Promise<ToolboxAnswer>
  /** `POST` of a JSON body. */
  post(url: string, body: unknown, headers?: Record<string, string>): Promise<ToolboxAnswer>
  /** An open WebSocket, not yet connected. */
  webSocket(url: string, options?: { protocols?: string[]; headers?: Record<string, string> }): WebSocket
  /** kill -9, and wait until the process has exited. */
  kill9(): Promise<void>
  /** Restart with the same folders. */
  restart(overrides?: Partial<ToolboxConfigInput>): Promise<void>
  /** Orderly shutdown; removes the folders. */
  stop(): Promise<void>
}

/** Poll until `check` returns a truthy value; throws with `what` after `ms`. */
export async function eventually<Value>(
  what: string,
  check: () => Value | Promise<Value>,
  ms = 20_000,
): Promise<NonNullable<Value>> {
  const deadline = performance.now() + ms
  for (;;) {
    const value = await check()
    if (value) return value
    if (performance.now() > deadline) throw new Error(`did not happen within ${ms} ms: ${what}`)
    await sleep(10)
  }
}

/** How the process is started. */
export interface ToolboxProcessOptions {
  /** Arguments for Node, before the bundle. */
  nodeArgs?: string[]
  env?: Record<string, string>
}

export async function startToolbox(
  overrides: Partial<ToolboxConfigInput> = {},
  options: (config: ToolboxConfigInput) => ToolboxProcessOptions = () => ({}),
): Promise<ToolboxFixture> {
  const assetsDir = await buildToolbox()
  const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-toolbox-'))
  const config: ToolboxConfigInput = {
    sandboxId: crypto.randomUUID(),
    stateDir: path.join(folder, 'state'),
    stateKey: randomBytes(32).toString('base64'),
    socketPath: path.join(folder, 'toolbox.sock'),
    scratchDir: path.join(folder, 'scratch'),
    homeDir: path.join(folder, 'home'),
    workDir: path.join(folder, 'home'),
    user: 'tester',
    isolation: { kind: 'none', network: 'shared', warnings: [] },
    assetsDir,
    ...overrides,
  }
  for (const dir of [config.stateDir, config.scratchDir, config.homeDir]) mkdirSync(dir, { recursive: true })
  const toolbox = new RunningToolbox(folder, config, options(config))
  await toolbox.start()
  return toolbox
}

class RunningToolbox implements ToolboxFixture {
  private child: ChildProcess | null = null
  log = ''

  constructor(
    readonly folder: string,
    private config: ToolboxConfigInput,
    private readonly options: ToolboxProcessOptions,
  ) {}

  get pid(): number {
    return this.child?.pid ?? -1
  }
  get sandboxId(): string {
    return this.config.sandboxId
  }
  get stateDir(): string {
    return this.config.stateDir
  }
  get homeDir(): string {
    return this.config.homeDir
  }
  get socketPath(): string {
    return this.config.socketPath
  }

  async start(): Promise<void> {
    rmSync(this.socketPath, { force: true })
    const { nodeArgs = [], env = {} } = this.options
    const child = spawn(
      process.execPath,
      [...toolboxNodeArguments, ...nodeArgs, path.join(this.config.assetsDir, 'toolbox.cjs')],
      {
        env: {
          ...process.env,
          ...env,
          [toolboxConfigVariable]: JSON.stringify(this.config),
          SECRET_OF_THE_HOST: 'do not tell',
        },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.log += text
    })
    this.child = child
    await eventually(
      'the toolbox listens',
      () => {
        if (child.exitCode !== null) throw new Error(`the toolbox exited at its start: ${this.log}`)
        return existsSync(this.socketPath)
      },
      10_000,
    )
  }

  request(url: string, init: RequestInit = {}): Promise<ToolboxAnswer> {
    return new Promise((resolve, reject) => {
      const body = init.body
      const bytes =
        body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
      const request = httpRequest(
        {
          socketPath: this.socketPath,
          path: url,
          method: init.method ?? 'GET',
          headers: { 'x-daytona-sdk-version': '0.216.0', ...init.headers },
          signal: init.signal,
          agent: false,
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () => {
            const all = Buffer.concat(chunks)
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: all,
              get text() {
                return all.toString('utf8')
              },
              json: () => JSON.parse(all.toString('utf8')),
            })
          })
        },
      )
      request.on('error', (error) => reject(this.explained(error)))
      request.end(bytes)
    })
  }

  post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<ToolboxAnswer> {
    return this.request(url, { method: 'POST', body, headers })
  }

  webSocket(url: string, options: { protocols?: string[]; headers?: Record<string, string> } = {}): WebSocket {
    return new WebSocket(`ws+unix://${this.socketPath}:${url}`, options.protocols ?? [], {
      headers: options.headers ?? {},
      perMessageDeflate: false,
    })
  }

  async kill9(): Promise<void> {
    await this.end('SIGKILL')
  }

  async restart(overrides: Partial<ToolboxConfigInput> = {}): Promise<void> {
    await this.end('SIGTERM')
    this.config = { ...this.config, ...overrides }
    await this.start()
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM')
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** If the toolbox has exited, the error of a failed request says how. */
  private explained(error: Error): Error {
    const { child } = this
    if (!child || (child.exitCode === null && child.signalCode === null && existsSync(this.socketPath))) return error
    const state = child.signalCode ?? child.exitCode ?? 'still running, without its socket'
    return new Error(`the toolbox ended (${state}): ${this.log.slice(-2000)}`, { cause: error })
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child
    this.child = null
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }
}
