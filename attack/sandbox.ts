/** A sandbox in which the attacker has code, seen through the eyes of the ordinary client that made it. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { SandboxDto } from '../lib/process-api/sandbox'
import { type Client, type Reply, shutdownTimeoutMs } from './client'

interface Executed {
  exitCode: number
  result: string
}

const mostUnanswered = 3
const insideFolder = path.join(import.meta.dirname, 'inside')

export class HostileSandbox {
  /** A command that ended before the attack: what is recorded of it must stay true. */
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
   * A call to the toolbox; `route` starts with a slash. Throws where nothing comes back again and again: an attack that
   * has made the sandbox deaf has done its harm, and waiting for each of its calls would take for ever.
   */
  async ask(method: string, route: string, body?: unknown, timeoutMs = shutdownTimeoutMs): Promise<Reply> {
    const reply = await this.askOnce(method, route, body, timeoutMs)
    this.unanswered = reply.status === 0 ? this.unanswered + 1 : 0
    if (this.unanswered >= mostUnanswered) throw new Error(`the sandbox does not answer any more: ${method} ${route}`)
    return reply
  }

  /** As `ask`, whatever became of earlier calls. */
  askOnce(method: string, route: string, body?: unknown, timeoutMs = shutdownTimeoutMs): Promise<Reply> {
    return this.client.ask(method, `/toolbox/${this.id}${route}`, body, {}, timeoutMs)
  }

  /** A call about the sandbox to the control plane. */
  control(method: string, route = '', body?: unknown, timeoutMs = shutdownTimeoutMs): Promise<Reply> {
    return this.client.ask(method, `/api/sandbox/${this.id}${route}`, body, {}, timeoutMs)
  }

  converse(route: string, messages: readonly string[], forMs: number, until?: RegExp): Promise<string> {
    return this.client.converse(`/toolbox/${this.id}${route}`, messages, forMs, until)
  }

  /** Run a command to its end. Throws where it could not be run at all. */
  async run(command: string, timeoutMs = shutdownTimeoutMs): Promise<Executed> {
    const reply = await this.ask('POST', '/process/execute', { command }, timeoutMs)
    if (reply.status !== 200) throw new Error(`a command could not be run: ${reply.status} ${reply.text.slice(0, 300)}`)
    return reply.json<Executed>()
  }

  async upload(name: string, text: string): Promise<Reply> {
    const form = new FormData()
    form.append('file', new Blob([text]), path.basename(name))
    return await this.ask('POST', `/files/upload?path=${encodeURIComponent(name)}`, form)
  }

  /** Put one of our programs into the home folder, with the library that they share. */
  async bring(program: string): Promise<void> {
    for (const name of ['attacker.py', program]) {
      const text = readFileSync(path.join(insideFolder, name), 'utf8')
      const { status } = await this.upload(`/home/daytona/${name}`, text)
      if (status !== 200) throw new Error(`${name} could not be brought in: ${status}`)
    }
  }

  /** Run one of our programs inside to its end. */
  async attackWith(program: string, args: readonly string[] = [], timeoutMs = 60_000): Promise<Executed> {
    await this.bring(program)
    return await this.run(commandOf(program, args), timeoutMs)
  }

  /** Start one that goes on until `stopBackground`, and wait until it says that it is at work. */
  async attackBehind(program: string, args: readonly string[] = []): Promise<void> {
    await this.bring(program)
    const ready = `/tmp/${program}.ready`
    const { result } = await this.run(
      `rm -f ${ready}; READY=${ready} setsid ${commandOf(program, args)} > /tmp/${program}.log 2>&1 < /dev/null &
       for i in $(seq 500); do [ -e ${ready} ] && exit; sleep 0.02; done; cat /tmp/${program}.log; exit 1`,
    )
    if (result !== '') throw new Error(`${program} did not start: ${result}`)
  }

  async stopBehind(program: string): Promise<string> {
    return (await this.run(`pkill -9 -f '[p]ython3 [^ ]*${program}'; cat /tmp/${program}.log`)).result
  }

  /** Run a command of a session and keep what was said of it. */
  async testify(): Promise<void> {
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

  /** What is recorded of that command now is what was recorded then; else what it became. */
  async forgery(): Promise<string | null> {
    const now = await this.recall()
    return now === this.testimony ? null : `${this.testimony} became ${now}`
  }

  private testimonyRoute = ''

  /** Where the record of that command is read. */
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
