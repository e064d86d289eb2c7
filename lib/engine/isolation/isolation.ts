/** The isolation of a sandbox from its host: one interface for all implementations. */
import type { NetworkPolicy } from '@/lib/process-api/network-policy'
import type { IsolationReport } from '@/lib/process-api/sandbox'
import type { HostProcess } from './host-process'

/** The folders of one sandbox on the host, below `folder`. */
export interface SandboxFolder {
  /** `<data>/sandboxes/<id>` */
  readonly path: string
  /** The sandbox's home. */
  readonly home: string
  /** The sandbox's `/tmp`; on disk, so that it survives the toolbox and cannot fill the memory. */
  readonly tmp: string
  /** The toolbox's journals and socket. Not reachable by any path inside. */
  readonly state: string
  /** The generated files of the sandbox's `/etc`. */
  readonly etc: string
}

export interface LaunchRequest {
  readonly sandboxId: string
  readonly folder: SandboxFolder
  /** `none` and allow lists are enforced, or the launch fails; for other policies, `report` says what is in force. */
  readonly network: NetworkPolicy
  /** The sandbox's own environment; null unsets a default variable. */
  readonly env: Readonly<Record<string, string | null>>
  /** Applied before anything runs; null when not known yet, as for a warm toolbox. */
  readonly resources: Resources | null
  /** 32 bytes in base64 that authenticate the toolbox's records. Not visible inside the sandbox. */
  readonly stateKey: string | null
}

/** Resources of a sandbox: cores, and GiB of memory and disk. */
export interface Resources {
  readonly cpu: number
  readonly memory: number
  readonly disk: number
}

/** How a sandbox exited. */
export interface SandboxEnd {
  /** A clause about the toolbox: `it was killed by SIGKILL`. */
  readonly how: string
  /** The kernel killed it for exceeding its memory limit. */
  readonly byMemory: boolean
}

/** A toolbox with all processes of its sandbox. */
export interface SandboxProcess {
  readonly report: IsolationReport
  /** Resolves when no process of the sandbox is left. Never rejects. */
  readonly ended: Promise<SandboxEnd>
  /** The processes needed for responses, the toolbox first. */
  essentialProcesses(): readonly HostProcess[]
  /** Apply resource limits while it runs, as far as `report` allows. Rejects with one sentence. */
  limit(resources: Resources): Promise<void>
  /**
   * Apply a network policy while the sandbox runs; `report` then includes it. Absent when that needs a restart. Rejects
   * with one sentence.
   */
  setNetwork?(requested: NetworkPolicy): Promise<void>
  /** Kill everything. Resolves when no process is left, not even a zombie of ours. */
  kill(): Promise<void>
}

export interface Isolation {
  readonly kind: IsolationReport['kind']
  /** What a new sandbox with the default network policy will report. */
  readonly report: IsolationReport
  /** What a new sandbox with this network policy will report. */
  reportFor(network: NetworkPolicy): IsolationReport
  /** Why a network policy cannot be enforced here, as one plain sentence; null if it can. */
  cannotEnforce(network: NetworkPolicy): string | null
  /** Variables of the host that all processes need, as for certificates. A sandbox's own environment takes precedence. */
  readonly childEnv: Readonly<Record<string, string>>
  /** Start a toolbox. It is ready once its socket exists; earlier failures resolve `SandboxProcess.ended`. */
  launch(request: LaunchRequest): Promise<SandboxProcess>
  /** Take over the toolbox that an earlier engine launched for this folder; null when none runs. */
  adopt(sandboxId: string, folder: SandboxFolder): SandboxProcess | null
  /** Kill every process that carries the mark of this sandbox. Resolves when none is left. */
  sweep(sandboxId: string): Promise<void>
  /**
   * Release the limits of sandboxes that exited while no engine ran.
   * @param ended folders of sandboxes without processes
   * @param running ids of sandboxes with processes
   */
  tidy(ended: readonly SandboxFolder[], running: ReadonlySet<string>): Promise<void>
  /** Release what is held for future sandboxes, when the engine exits. */
  release(): void
}
