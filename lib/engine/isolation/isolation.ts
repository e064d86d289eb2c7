/** How a sandbox is kept apart from its host: one interface, whatever does it. */
import type { NetworkPolicy } from '@/lib/process-api/network-policy'
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
  /** What it may reach. `none` and allow lists are kept or the launch fails; `report` tells about the others. */
  readonly network: NetworkPolicy
  /** The sandbox's own environment; null takes away a variable that every sandbox has. */
  readonly env: Readonly<Record<string, string | null>>
  /** In force before anything of it runs; null where they are not known yet, as for a toolbox that is kept warm. */
  readonly resources: Resources | null
  /** 32 bytes in base64, with which the toolbox authenticates what it records. It stays out of the sandbox's reach. */
  readonly stateKey: string | null
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
   * Put another network policy in force while the sandbox runs; `report` then says so. Absent where only a start can do
   * it. Rejects with one sentence when it cannot be done.
   */
  setNetwork?(wanted: NetworkPolicy): Promise<void>
  /** End everything at once. Resolves when nothing is left, neither running nor as a zombie of ours. */
  kill(): Promise<void>
}

export interface Isolation {
  readonly kind: IsolationReport['kind']
  /** What a new sandbox with the default network policy will report. */
  readonly report: IsolationReport
  /** What a new sandbox with this network policy will report. */
  reportFor(network: NetworkPolicy): IsolationReport
  /** Why a network policy cannot be enforced here, one plain sentence, or null where it can. */
  cannotEnforce(network: NetworkPolicy): string | null
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
