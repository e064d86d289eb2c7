/** Sandboxes in their own namespaces, created by bubblewrap. */
import { closeSync } from 'node:fs'
import { defaultNetworkPolicy, type NetworkPolicy } from '@/lib/process-api/network-policy'
import type { IsolationReport } from '@/lib/process-api/sandbox'
import { toolboxEntry } from '../config/code-cache'
import { toolboxNodeArguments } from '../config/toolbox-config'
import { killTree } from '../linux/kill-tree'
import { sandboxMark } from '../linux/process-table'
import { inside } from './bubblewrap-arguments'
import { attachToSandbox, controlDescriptor, launchBubblewrap } from './bubblewrap-launch'
import type { BubblewrapSetup } from './bubblewrap-setup'
import { isRunning } from './host-process'
import type { Isolation, LaunchRequest, SandboxFolder, SandboxProcess } from './isolation'
import { adoptedLimits, tidyLimits } from './limits/adopted-limits'
import { groupInside } from './limits/group-view'
import { launchWithin } from './limits/launch-within'
import { enforceable, enforcementProblem, namespaceFor, networkReport } from './network/network-capabilities'
import { NetworkSwitch, noNetwork } from './network-switch'
import { type RuntimeNote, readRuntimeNote, removeRuntimeNote, writeRuntimeNote } from './runtime-note'
import { sandboxUser } from './sandbox-etc'
import { createSandboxFolder, lastLogLine, openLog } from './sandbox-folder'
import { toolboxEnvironment } from './toolbox-environment'
import { type TrackedParts, TrackedSandbox } from './tracked-sandbox'

export class BubblewrapIsolation implements Isolation {
  readonly kind = 'bubblewrap'

  constructor(private readonly setup: BubblewrapSetup) {}

  get childEnv(): Readonly<Record<string, string>> {
    return this.setup.certificates.env
  }

  get report(): IsolationReport {
    return this.reportFor(defaultNetworkPolicy)
  }

  reportFor(requested: NetworkPolicy): IsolationReport {
    const { warnings, limits } = this.setup
    return {
      kind: 'bubblewrap',
      ...networkReport(this.setup, requested),
      warnings: [...warnings],
      limits: limits.report,
    }
  }

  cannotEnforce(requested: NetworkPolicy): string | null {
    return enforcementProblem(this.setup, requested)
  }

  async launch(request: LaunchRequest): Promise<SandboxProcess> {
    const { sandboxId, folder } = request
    const problem = this.cannotEnforce(request.network)
    if (problem !== null && request.network.kind === 'allow-list') throw new Error(problem)
    const report = this.reportFor(request.network)
    const namespace = namespaceFor(this.setup, request.network)
    await createSandboxFolder(folder)
    const limits = this.setup.limits.open(sandboxId)
    const env = toolboxEnvironment({
      sandboxId,
      // The hand makes the state folder the working directory, with the other two inside.
      stateDir: '.',
      stateKey: request.stateKey,
      socketPath: 'toolbox.sock',
      pipesDir: 'pipes',
      scratchDir: 'scratch',
      scratchInside: inside.scratch,
      hand: { descriptor: controlDescriptor, program: inside.hand },
      homeDir: inside.home,
      workDir: inside.home,
      user: sandboxUser.name,
      basePath: this.searchPath(),
      env: { ...this.childEnv, ...request.env },
      isolation: report,
      group: limits.group && groupInside(limits.group),
      assetsDir: inside.assets,
    })
    const log = openLog(folder)
    const launched = await launchWithin(limits, request.resources, () =>
      launchBubblewrap(this.setup, {
        request,
        network: namespace,
        command: [inside.node, ...toolboxNodeArguments, `${inside.assets}/${toolboxEntry}`],
        env,
        output: log,
        limits,
      }),
    ).finally(() => closeSync(log))
    const { main, outer, toolbox, helper } = launched
    const networkPolicy = enforceable(this.setup, request.network)
    const processes = { main, outer, toolbox, helper }
    const note = {
      sandboxId,
      report: { ...report, network: namespace },
      ...processes,
      networkPolicy,
      group: limits.group,
    }
    writeRuntimeNote(folder, note)
    const errorText = () => launched.errorText() || lastLogLine(folder)
    return this.track(folder, note, { ...launched, errorText, limits })
  }

  adopt(sandboxId: string, folder: SandboxFolder): SandboxProcess | null {
    const note = readRuntimeNote(folder)
    if (note?.sandboxId !== sandboxId || note.report.kind !== 'bubblewrap' || !isRunning(note.main)) return null
    return this.track(folder, note, { ...note, limits: adoptedLimits(note) })
  }

  async tidy(ended: readonly SandboxFolder[], running: ReadonlySet<string>): Promise<void> {
    await tidyLimits(this.setup.limits, ended, running)
  }

  release(): void {
    this.setup.limits.release()
  }

  async sweep(sandboxId: string): Promise<void> {
    await killTree({ mark: { variable: sandboxMark, value: sandboxId } }, 0)
  }

  private track(
    folder: SandboxFolder,
    note: Omit<RuntimeNote, 'bootId'>,
    parts: Omit<TrackedParts, 'network'>,
  ): TrackedSandbox {
    const sandbox = new TrackedSandbox(note.report, { ...parts, network: this.switchFor(folder, note) })
    void sandbox.ended.then(() => removeRuntimeNote(folder))
    return sandbox
  }

  /** Null when the sandbox shares the host's network, or has a namespace that nothing can be attached to. */
  private switchFor(folder: SandboxFolder, note: Omit<RuntimeNote, 'bootId'>): NetworkSwitch | null {
    const { sandboxId, outer, helper, networkPolicy } = note
    if (note.report.network !== 'private' || !this.setup.helper || !outer) return null
    return new NetworkSwitch(helper ? { helper, policy: networkPolicy } : noNetwork, {
      enforceable: (requested) => enforceable(this.setup, requested),
      attach: async (network) => {
        if (!isRunning(outer)) throw new Error('the sandbox has exited')
        return await attachToSandbox(this.setup, {
          sandboxId,
          folder,
          network,
          limits: adoptedLimits(note),
          pid: outer.pid,
        })
      },
      changed: (now) => writeRuntimeNote(folder, { ...note, helper: now.helper, networkPolicy: now.policy }),
    })
  }

  private searchPath(): string {
    const { binFolders, pythonAlias } = this.setup.runtimes
    const own = [`${inside.home}/.local/bin`, ...binFolders, ...(pythonAlias === null ? [] : [inside.aliases])]
    return [...own, '/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(':')
  }
}
