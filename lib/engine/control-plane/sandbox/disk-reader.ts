/** What a stopped sandbox can still tell: its runs, sessions and journals, read from its files by the toolbox's own code. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { type Duplex, finished } from 'node:stream'
import type { IsolationReport } from '@/lib/process-api/sandbox'
import { toolboxConfigSchema } from '../../config/toolbox-config'
import { Router } from '../../http/router'
import type { SandboxFolder } from '../../isolation/isolation'
import { registerStoppedRuns } from '../../toolbox/routes/runner'
import { registerStoppedSessions } from '../../toolbox/routes/sessions'
import { createReadServices } from '../../toolbox/services/services'
import type { SandboxRecord } from './sandbox-record'

/** Paths that the files can answer; everything else needs the sandbox to run. */
const readable = /^\/process\/(run|session)(\/|\?|$)/
/** What was read is kept so long after its last use: somebody who looks at a sandbox asks for more than one thing. */
const defaultKeptMs = 10_000

/** Reads the state of a stopped sandbox when it is asked for. Nothing is written, and nothing of it runs. */
export class DiskReader {
  private router: Router | null = null
  /** Answers under way: while there is one, what it reads from is in memory anyway, and once is enough. */
  private uses = 0
  private timer: NodeJS.Timeout | null = null

  constructor(
    private readonly record: SandboxRecord,
    private readonly folder: SandboxFolder,
    private readonly isolation: () => IsolationReport,
    private readonly stateKey: () => string | null,
    private readonly keptMs = defaultKeptMs,
  ) {}

  /** Whether anything of the sandbox is in memory. */
  get isLoaded(): boolean {
    return this.router !== null
  }

  /** Answer a request; false where that cannot be done. */
  async answer(request: IncomingMessage, response: ServerResponse, url: string): Promise<boolean> {
    if (!readable.test(url)) return false
    const router = this.use(response)
    await router.handle(request, response, url)
    return true
  }

  /** The same for a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: string): boolean {
    if (!readable.test(url)) return false
    request.url = url
    void this.use(socket).upgrade(request, socket, head)
    return true
  }

  /** What is on disk may change from now on. */
  forget(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    this.router = null
  }

  /** @param answer it is in use until this is finished or broken off */
  private use(answer: ServerResponse | Duplex): Router {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    this.router ??= this.load()
    this.uses += 1
    finished(answer, () => {
      this.uses -= 1
      if (this.uses === 0 && this.router) this.timer = setTimeout(() => this.forget(), this.keptMs).unref()
    })
    return this.router
  }

  private load(): Router {
    const config = toolboxConfigSchema.parse({
      sandboxId: this.record.id,
      stateDir: this.folder.state,
      stateKey: this.stateKey(),
      socketPath: '',
      scratchDir: tmpdir(),
      homeDir: '/home/daytona',
      workDir: '/home/daytona',
      user: 'daytona',
      isolation: this.isolation(),
      assetsDir: '',
    })
    const router = new Router(config.limits.bodyBytes)
    const services = createReadServices(config, true)
    registerStoppedRuns(router, services)
    registerStoppedSessions(router, services)
    return router
  }
}
