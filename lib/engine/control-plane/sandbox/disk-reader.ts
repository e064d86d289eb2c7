/** Serves runs, sessions and journals of a stopped sandbox from its files, using the toolbox's own read code. */
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

/** The only paths that can be served from files; all others need a running sandbox. */
const servablePaths = /^\/process\/(run|session)(\/|\?|$)/
/** How long loaded state stays in memory after its last use: a viewer usually makes several requests. */
const defaultUnloadDelayMs = 10_000

/** Loads the state of a stopped sandbox on demand. Read-only: it writes nothing and starts nothing. */
export class DiskReader {
  private router: Router | null = null
  /** Responses in progress; the loaded state must stay until the last one ends. */
  private openResponses = 0
  private timer: NodeJS.Timeout | null = null

  constructor(
    private readonly record: SandboxRecord,
    private readonly folder: SandboxFolder,
    private readonly isolation: () => IsolationReport,
    private readonly stateKey: () => string | null,
    private readonly unloadDelayMs = defaultUnloadDelayMs,
    /** The folder with the programs of the toolbox. */
    private readonly assetsDir = '',
  ) {}

  /** Whether state of the sandbox is in memory. */
  get isLoaded(): boolean {
    return this.router !== null
  }

  /** Handle a request. Returns false when the path cannot be served from files. */
  async handle(request: IncomingMessage, response: ServerResponse, url: string): Promise<boolean> {
    if (!servablePaths.test(url)) return false
    const router = this.use(response)
    await router.handle(request, response, url)
    return true
  }

  /** Like `handle`, for a WebSocket upgrade. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: string): boolean {
    if (!servablePaths.test(url)) return false
    request.url = url
    void this.use(socket).upgrade(request, socket, head)
    return true
  }

  /** Drop what was loaded: the files may change from now on. */
  unload(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    this.router = null
  }

  /** @param handle the router stays loaded until this response or socket has finished */
  private use(handle: ServerResponse | Duplex): Router {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    this.router ??= this.load()
    this.openResponses += 1
    finished(handle, () => {
      this.openResponses -= 1
      if (this.openResponses === 0 && this.router)
        this.timer = setTimeout(() => this.unload(), this.unloadDelayMs).unref()
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
      assetsDir: this.assetsDir,
    })
    const router = new Router(config.limits.bodyBytes)
    const services = createReadServices(config, true)
    registerStoppedRuns(router, services)
    registerStoppedSessions(router, services)
    return router
  }
}
