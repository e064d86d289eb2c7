/** Starts and ends one toolbox, for a sandbox or for the warm pool. */
import { log } from '@/lib/log/log'
import type { Isolation, Resources, SandboxFolder, SandboxProcess } from '../../isolation/isolation'
import { Semaphore } from '../../state/semaphore'
import { toolboxVariables } from './sandbox-environment'
import type { SandboxRecord } from './sandbox-record'
import { ToolboxLink } from './toolbox-link'

/** A toolbox that does not respond within this time counts as failed. */
const readyTimeoutMs = 20_000
/** Time for a clean shutdown; then everything is killed. */
const shutdownTimeoutMs = 2_500
/** Starting a hundred toolboxes at once, as after a reboot, would make all of them exceed their timeout. */
const launches = new Semaphore(4)

/** A running toolbox and the connection to it. */
export interface Toolbox {
  readonly process: SandboxProcess
  readonly link: ToolboxLink
}

/** The part of a record that a launch needs; a warm toolbox has no resources yet. */
export type LaunchSpec = Pick<SandboxRecord, 'id' | 'env' | 'unsetEnv' | 'network'> &
  Partial<Resources> & {
    /** Authenticates what the toolbox records; see `LaunchRequest`. */
    readonly stateKey: string
  }

/**
 * Start a toolbox and wait until it responds. Nothing is left behind when that fails.
 * @param signal aborts the launch
 */
export async function launchToolbox(
  isolation: Isolation,
  record: LaunchSpec,
  folder: SandboxFolder,
  signal: AbortSignal,
): Promise<Toolbox> {
  const permit = await launches.acquire()
  try {
    return await launchNow(isolation, record, folder, signal)
  } finally {
    permit.release()
  }
}

async function launchNow(
  isolation: Isolation,
  record: LaunchSpec,
  folder: SandboxFolder,
  signal: AbortSignal,
): Promise<Toolbox> {
  signal.throwIfAborted()
  const { cpu, memory, disk } = record
  const process = await isolation.launch({
    sandboxId: record.id,
    folder,
    network: record.network,
    env: toolboxVariables(record),
    stateKey: record.stateKey,
    resources: cpu && memory && disk ? { cpu, memory, disk } : null,
  })
  const link = new ToolboxLink(folder.state)
  const cancel = () => void process.kill()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    signal.throwIfAborted()
    const exited = process.ended.then(({ how }) => {
      throw new Error(`the toolbox exited before it was ready: ${how}`)
    })
    await link.ready(readyTimeoutMs, exited)
    return { process, link }
  } catch (error) {
    link.close()
    await process.kill()
    throw error
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

/** End a toolbox: cleanly within its timeout, otherwise by force. Resolves when no process is left. */
export async function endToolbox({ process, link }: Toolbox, force: boolean): Promise<void> {
  if (!force) {
    // Failures do not matter: what remains is killed below.
    await link.call('POST', '/internal/shutdown', {}, shutdownTimeoutMs).catch((error: unknown) => {
      log.error({ reason: error instanceof Error ? error.message : error }, 'a toolbox did not shut down cleanly')
    })
  }
  await process.kill()
  link.close()
}
