/** Sandboxes as plain processes of the engine's user: what is left where namespaces cannot be had. */
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, symlinkSync } from 'node:fs'
import { userInfo } from 'node:os'
import path from 'node:path'
import type { IsolationReport } from '@/lib/process-api/sandbox'
import { toolboxNodeArguments } from '../toolbox/config'
import { forSpawn } from '../toolbox/process/environment'
import { killTree } from '../toolbox/process/kill-tree'
import { sandboxMark } from '../toolbox/process/process-table'
import type { Certificates } from './certificates'
import { identify, isRunning } from './host-process'
import type { Isolation, LaunchRequest, SandboxFolder, SandboxProcess } from './isolation'
import { readRuntimeNote, removeRuntimeNote, writeRuntimeNote } from './runtime-note'
import type { Runtimes } from './runtimes'
import { makeSandboxFolder, rotateLog } from './sandbox-folder'
import { toolboxEnvironment } from './toolbox-environment'
import { TrackedSandbox } from './tracked-sandbox'

/** Said of a sandbox whose network is to be blocked. */
export const networkStaysOpen =
  'The network cannot be blocked without isolation: this sandbox has the network of this machine.'

export interface PlainSetup {
  readonly runtimes: Runtimes
  readonly certificates: Certificates
  readonly assetsDir: string
  /** Why there is no isolation, in a sentence that a person must see. */
  readonly warnings: readonly string[]
}

export class PlainIsolation implements Isolation {
  readonly kind = 'none'

  constructor(private readonly setup: PlainSetup) {}

  get childEnv(): Readonly<Record<string, string>> {
    return this.setup.certificates.env
  }

  get report(): IsolationReport {
    return { kind: 'none', network: 'shared', warnings: [...this.setup.warnings] }
  }

  async launch({ sandboxId, folder, network, env }: LaunchRequest): Promise<SandboxProcess> {
    const report = this.report
    if (network === 'blocked') {
      report.warnings.push(networkStaysOpen)
    }
    await makeSandboxFolder(folder)
    const scratchDir = path.join(folder.path, 'scratch')
    mkdirSync(scratchDir, { recursive: true, mode: 0o700 })
    const log = openSync(rotateLog(folder), 'a', 0o600)
    try {
      const child = spawn(process.execPath, [...toolboxNodeArguments, path.join(this.setup.assetsDir, 'toolbox.mjs')], {
        cwd: folder.home,
        detached: true,
        stdio: ['ignore', log, log],
        env: forSpawn(
          toolboxEnvironment({
            sandboxId,
            stateDir: folder.state,
            socketPath: path.join(folder.state, 'toolbox.sock'),
            scratchDir,
            homeDir: folder.home,
            workDir: folder.home,
            user: userName(),
            basePath: this.searchPath(folder),
            env: { ...this.childEnv, ...env },
            isolation: report,
            assetsDir: this.setup.assetsDir,
          }),
        ),
      })
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve)
        child.once('error', reject)
      })
      const main = identify(child.pid ?? 0)
      if (!main) throw new Error('the toolbox ended at once')
      child.unref()
      writeRuntimeNote(folder, { sandboxId, report, main, outer: null, helper: null })
      return this.track(folder, new TrackedSandbox(report, { main, child, sweep: () => this.sweep(sandboxId) }))
    } finally {
      closeSync(log)
    }
  }

  adopt(sandboxId: string, folder: SandboxFolder): SandboxProcess | null {
    const note = readRuntimeNote(folder)
    if (note?.sandboxId !== sandboxId || note.report.kind !== 'none' || !isRunning(note.main)) return null
    return this.track(folder, new TrackedSandbox(note.report, { ...note, sweep: () => this.sweep(sandboxId) }))
  }

  async sweep(sandboxId: string): Promise<void> {
    await killTree({ mark: { variable: sandboxMark, value: sandboxId } }, 0)
  }

  private track(folder: SandboxFolder, sandbox: TrackedSandbox): TrackedSandbox {
    void sandbox.ended.then(() => removeRuntimeNote(folder))
    return sandbox
  }

  /** The engine's own PATH, without what a package manager put there for a moment. */
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

/** A user without an entry in the user database has a number only. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}
