/** A sandbox in which the attacker runs code, from the view of the ordinary client that created it. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { SandboxDto } from '../lib/process-api/sandbox'
import { type Client, type Reply, requestTimeoutMs } from './client'

interface Executed {
  exitCode: number
  result: string
}

const maxUnanswered = 3
const insideFolder = path.join(import.meta.dirname, 'inside')

export class HostileSandbox {
  /** The record of a command that exited before the attack; it must stay the same. */
  private testimony = ''
  private unanswered = 0

  constructor(
    readonly dto: SandboxDto,
    private readonly client: Client,
    /** The sandbox's folder on the host. */
    readonly folder: string,
  ) {}

  get id(): string {
    return this.dto.id
  }

  /**
   * Send a request to the toolbox; `route` starts with a slash. Throws after several requests without a response, because
   * waiting for each further request of an unresponsive sandbox would take too long.
   */
  async ask(method: string, route: string, body?: unknown, timeoutMs = requestTimeoutMs): Promise<Reply> {
    const reply = await this.askOnce(method, route, body, timeoutMs)
    this.unanswered = reply.status === 0 ? this.unanswered + 1 : 0
    if (this.unanswered >= maxUnanswered) throw new Error(`the sandbox does not respond any more: ${method} ${route}`)
    return reply
  }

  /** Like `ask`, regardless of earlier requests. */
  askOnce(method: string, route: string, body?: unknown, timeoutMs = requestTimeoutMs): Promise<Reply> {
    return this.client.ask(method, `/toolbox/${this.id}${route}`, body, {}, timeoutMs)
  }

  /** Send a request about the sandbox to the control plane. */
  control(method: string, route = '', body?: unknown, timeoutMs = requestTimeoutMs): Promise<Reply> {
    return this.client.ask(method, `/api/sandbox/${this.id}${route}`, body, {}, timeoutMs)
  }

  converse(route: string, messages: readonly string[], forMs: number, until?: RegExp): Promise<string> {
    return this.client.converse(`/toolbox/${this.id}${route}`, messages, forMs, until)
  }

  /** Run a command to its end. Throws when it could not run. */
  async run(command: string, timeoutMs = requestTimeoutMs): Promise<Executed> {
    const reply = await this.ask('POST', '/process/execute', { command }, timeoutMs)
    if (reply.status !== 200) throw new Error(`a command could not be run: ${reply.status} ${reply.text.slice(0, 300)}`)
    return reply.json<Executed>()
  }

  async upload(name: string, text: string): Promise<Reply> {
    const form = new FormData()
    form.append('file', new Blob([text]), path.basename(name))
    return await this.ask('POST', `/files/upload?path=${encodeURIComponent(name)}`, form)
  }

  /** Upload one of our programs into the home folder, with their shared library. */
  async bring(program: string): Promise<void> {
    for (const name of ['attacker.py', program]) {
      const text = readFileSync(path.join(insideFolder, name), 'utf8')
      const { status } = await this.upload(`/home/daytona/${name}`, text)
      if (status !== 200) throw new Error(`${name} could not be uploaded: ${status}`)
    }
  }

  /** Run one of our programs inside to its end. */
  async attackWith(program: string, args: readonly string[] = [], timeoutMs = 60_000): Promise<Executed> {
    await this.bring(program)
    return await this.run(commandOf(program, args), timeoutMs)
  }

  /** Start a program that runs until `stopBackground`, and wait until it is ready. */
  async startBackground(program: string, args: readonly string[] = []): Promise<void> {
    await this.bring(program)
    const ready = `/tmp/${program}.ready`
    const { result } = await this.run(
      `rm -f ${ready}; READY=${ready} setsid ${commandOf(program, args)} > /tmp/${program}.log 2>&1 < /dev/null &
       for i in $(seq 500); do [ -e ${ready} ] && exit; sleep 0.02; done; cat /tmp/${program}.log; exit 1`,
    )
    if (result !== '') throw new Error(`${program} did not start: ${result}`)
  }

  async stopBackground(program: string): Promise<string> {
    return (await this.run(`pkill -9 -f '[p]ython3 [^ ]*${program}'; cat /tmp/${program}.log`)).result
  }

  /** Run a session command and remember its record. */
  async recordTestimony(): Promise<void> {
    await this.ask('POST', '/process/session', { sessionId: 'testimony' })
    const command = "echo 'what happened'; (exit 3)"
    const ran = await this.ask('POST', '/process/session/testimony/exec', { command })
    if (ran.status !== 200)
      throw new Error(
        `a session does not work: ${ran.status} ${ran.text} ${(await this.ask('GET', '/process/session/testimony')).text}`,
      )
    this.testimonyRoute = `/process/session/testimony/command/${ran.json<{ cmdId: string }>().cmdId}`
    this.testimony = await this.recall()
    if (!this.testimony.includes('what happened')) throw new Error(`the testimony is ${this.testimony}`)
  }

  /** Null if the record of that command is unchanged; else what it became. */
  async forgery(): Promise<string | null> {
    const now = await this.recall()
    return now === this.testimony ? null : `${this.testimony} became ${now}`
  }

  private testimonyRoute = ''

  /** The route of that command's record. */
  get testimonyPath(): string {
    return this.testimonyRoute
  }

  private async recall(): Promise<string> {
    const { status, text } = await this.askOnce('GET', this.testimonyRoute)
    if (status !== 200) return `${status} ${text}`
    const { state, exitCode, startedAt, durationMs, command } = JSON.parse(text)
    const logs = await this.askOnce('GET', `${this.testimonyRoute}/journal/download`)
    return JSON.stringify({ state, exitCode, startedAt, durationMs, command, logs: `${logs.status} ${logs.text}` })
  }
}

function commandOf(program: string, args: readonly string[]): string {
  const quoted = args.map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`)
  return ['python3', `/home/daytona/${program}`, ...quoted].join(' ')
}
