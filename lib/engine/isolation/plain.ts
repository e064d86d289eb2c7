/** Sandboxes as plain processes of the engine's user, for hosts without namespaces. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { userInfo } from 'node:os'
import path from 'node:path'
import type { NetworkPolicy } from '@/lib/process-api/network-policy'
import type { IsolationReport } from '@/lib/process-api/sandbox'
import { toolboxEntry } from '../config/code-cache'
import { toolboxNodeArguments } from '../config/toolbox-config'
import { forSpawn } from '../linux/for-spawn'
import { killTree } from '../linux/kill-tree'
import { sandboxMark } from '../linux/process-table'
import type { Certificates } from './certificates'
import { type HostProcess, identify, isRunning } from './host-process'
import type { Isolation, LaunchRequest, SandboxFolder, SandboxProcess } from './isolation'
import { adoptedLimits, tidyLimits } from './limits/adopted-limits'
import { launchWithin } from './limits/launch-within'
import type { Limits } from './limits/limits'
import { sharedNetwork, sharedPolicy } from './network/network-capabilities'
import { readRuntimeNote, removeRuntimeNote, writeRuntimeNote } from './runtime-note'
import type { Runtimes } from './runtimes'
import { createSandboxFolder, openLog } from './sandbox-folder'
import { toolboxEnvironment } from './toolbox-environment'
import { TrackedSandbox } from './tracked-sandbox'

export interface PlainSetup {
  readonly runtimes: Runtimes
  readonly certificates: Certificates
  readonly assetsDir: string
  /** Why there is no isolation, as a sentence for the user. */
  readonly warnings: readonly string[]
  readonly limits: Limits
}

export class PlainIsolation implements Isolation {
  readonly kind = 'none'

  constructor(private readonly setup: PlainSetup) {}

  get childEnv(): Readonly<Record<string, string>> {
    return this.setup.certificates.env
  }

  get report(): IsolationReport {
    const { warnings, limits } = this.setup
    return { kind: 'none', ...sharedNetwork, warnings: [...warnings], limits: limits.report }
  }

  reportFor(): IsolationReport {
    return this.report
  }

  cannotEnforce({ kind }: NetworkPolicy): string | null {
    if (kind === 'all') return null
    return `The network policy "${kind}" cannot be enforced without isolation: programs use the network of this machine.`
  }

  async launch({ sandboxId, folder, network, env, resources, stateKey }: LaunchRequest): Promise<SandboxProcess> {
    const report = this.report
    const problem = this.cannotEnforce(network)
    if (problem !== null && network.kind !== 'internet') throw new Error(problem)
    await createSandboxFolder(folder)
    const scratchDir = path.join(folder.path, 'scratch')
    mkdirSync(scratchDir, { recursive: true, mode: 0o700 })
    const basePath = this.searchPath(folder)
    const limits = this.setup.limits.open(sandboxId)
    const environment = toolboxEnvironment({
      sandboxId,
      stateDir: folder.state,
      stateKey,
      socketPath: path.join(folder.state, 'toolbox.sock'),
      scratchDir,
      homeDir: folder.home,
      workDir: folder.home,
      user: userName(),
      basePath,
      env: { ...this.childEnv, ...env },
      isolation: report,
      group: limits.group,
      assetsDir: this.setup.assetsDir,
    })
    const bundle = path.join(this.setup.assetsDir, toolboxEntry)
    const command = limits.wrap([process.execPath, ...toolboxNodeArguments, bundle])
    const { main, child } = await launchWithin(limits, resources, () => start(command, folder, environment))
    const processes = { main, outer: null, toolbox: null, helper: null }
    writeRuntimeNote(folder, { sandboxId, report, ...processes, networkPolicy: sharedPolicy, group: limits.group })
    return this.track(folder, new TrackedSandbox(report, { main, child, limits, sweep: () => this.sweep(sandboxId) }))
  }

  adopt(sandboxId: string, folder: SandboxFolder): SandboxProcess | null {
    const note = readRuntimeNote(folder)
    if (note?.sandboxId !== sandboxId || note.report.kind !== 'none' || !isRunning(note.main)) return null
    const limits = adoptedLimits(note)
    return this.track(folder, new TrackedSandbox(note.report, { ...note, limits, sweep: () => this.sweep(sandboxId) }))
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

  private track(folder: SandboxFolder, sandbox: TrackedSandbox): TrackedSandbox {
    void sandbox.ended.then(() => removeRuntimeNote(folder))
    return sandbox
  }

  /** The engine's own PATH, without temporary entries of a package manager. */
  private searchPath(folder: SandboxFolder): string {
    const { binFolders, pythonAlias } = this.setup.runtimes
    const aliases = path.join(folder.path, 'bin')
    if (pythonAlias !== null) {
      mkdirSync(aliases, { recursive: true, mode: 0o755 })
      rmSync(path.join(aliases, 'python'), { force: true })
      symlinkSync(pythonAlias, path.join(aliases, 'python'))
    }
    const inherited = (process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin')
      .split(path.delimiter)
      .filter((name) => path.isAbsolute(name) && !name.includes('/node_modules/'))
    return [...new Set([...binFolders, ...(pythonAlias === null ? [] : [aliases]), ...inherited])].join(':')
  }
}

async function start(
  [program = '', ...args]: readonly string[],
  folder: SandboxFolder,
  environment: Readonly<Record<string, string>>,
): Promise<{ main: HostProcess; child: ChildProcess }> {
  const log = openLog(folder)
  try {
    const child = spawn(program, args, {
      cwd: folder.home,
      detached: true,
      stdio: ['ignore', log, log],
      env: forSpawn(environment),
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    const main = identify(child.pid ?? 0)
    if (!main) throw new Error('the toolbox exited immediately')
    child.unref()
    return { main, child }
  } finally {
    closeSync(log)
  }
}

/** A user without an entry in the user database has only a number. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}
