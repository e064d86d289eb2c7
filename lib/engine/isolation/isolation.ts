/** How a sandbox is kept apart from its host: one interface, whatever does it. */
import type { IsolationReport } from '@/lib/process-api/sandbox'
import type { HostProcess } from './host-process'

/** The folders of one sandbox on the host, below `folder`. */
export interface SandboxFolder {
  /** `<data>/sandboxes/<id>` */
  readonly path: string
  /** The sandbox's home. */
  readonly home: string
  /** The sandbox's `/tmp`; on disk, so that it outlives a toolbox that died and cannot fill the memory. */
  readonly tmp: string
  /** The toolbox's journals and its socket. Never reachable by path from inside. */
  readonly state: string
  /** The files of the sandbox's `/etc` that are made for it. */
  readonly etc: string
}

export interface LaunchRequest {
  readonly sandboxId: string
  readonly folder: SandboxFolder
  /** `blocked`: no network at all, whatever else could be had. */
  readonly network: 'open' | 'blocked'
  /** The sandbox's own environment; null takes away a variable that every sandbox has. */
  readonly env: Readonly<Record<string, string | null>>
  /** In force before anything of it runs; null where they are not known yet, as for a toolbox that is kept warm. */
  readonly resources: Resources | null
}

/** What a sandbox may use: cores, and GiB of memory and disk. */
export interface Resources {
  readonly cpu: number
  readonly memory: number
  readonly disk: number
}

/** How a sandbox ended. */
export interface SandboxEnd {
  /** One sentence without its subject: `it was ended by SIGKILL`. */
  readonly how: string
  /** The kernel ended it, because it used more memory than it may. */
  readonly byMemory: boolean
}

/** A toolbox with everything that runs beside it. */
export interface SandboxProcess {
  readonly report: IsolationReport
  /** Resolves when nothing of the sandbox runs any more. Never rejects. */
  readonly ended: Promise<SandboxEnd>
  /** The processes without which nothing is answered, the toolbox first. */
  vital(): readonly HostProcess[]
  /** Put these resources in force while it runs, as far as its `report` says. Rejects with one sentence when they cannot be. */
  limit(resources: Resources): Promise<void>
  /**
   * Cut the network off, or give it back, while the sandbox runs; `report` then says so. Absent where only a start can
   * do it. Rejects with one sentence when it cannot be done.
   */
  setNetwork?(wanted: LaunchRequest['network']): Promise<void>
  /** End everything at once. Resolves when nothing is left, neither running nor as a zombie of ours. */
  kill(): Promise<void>
}

export interface Isolation {
  readonly kind: IsolationReport['kind']
  /** What a new sandbox with an open network will report. */
  readonly report: IsolationReport
  /** Variables of the host that children need: where certificates are. A sandbox's own environment goes on top. */
  readonly childEnv: Readonly<Record<string, string>>
  /** Start a toolbox. It is ready once its socket is there; see `SandboxProcess.ended` for a failure before that. */
  launch(request: LaunchRequest): Promise<SandboxProcess>
  /** Take over the toolbox that an earlier engine launched for this folder, or null when none runs. */
  adopt(sandboxId: string, folder: SandboxFolder): SandboxProcess | null
  /** End whatever still carries the mark of this sandbox. Resolves when nothing is left. */
  sweep(sandboxId: string): Promise<void>
  /**
   * Let go of the limits of sandboxes that ended while no engine saw it.
   * @param ended those of the data folder of which nothing runs
   * @param running those of which something does
   */
  tidy(ended: readonly SandboxFolder[], running: ReadonlySet<string>): Promise<void>
  /** Let go of what is kept for sandboxes that are yet to come. For an engine that ends. */
  release(): void
}
