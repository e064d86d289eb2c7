/** Bringing one toolbox up and ending it, for a sandbox or for the pool of those that wait for one. */
import type { Isolation, Resources, SandboxFolder, SandboxProcess } from '../../isolation/isolation'
import { Semaphore } from '../../state/semaphore'
import { toolboxVariables } from './sandbox-environment'
import type { SandboxRecord } from './sandbox-record'
import { ToolboxLink } from './toolbox-link'

/** A toolbox that does not answer within this time is taken for failed. */
const readyTimeoutMs = 20_000
/** Time for an orderly end; then everything is killed. */
const orderlyMs = 2_500
/** Starting a hundred toolboxes at once, as after a restart of the machine, would make every one of them too late. */
const launches = new Semaphore(4)

/** A running toolbox and the way to it. */
export interface Toolbox {
  readonly process: SandboxProcess
  readonly link: ToolboxLink
}

/** What of a sandbox its toolbox is launched for; one without resources is kept warm. */
export type LaunchedFor = Pick<SandboxRecord, 'id' | 'env' | 'unsetEnv' | 'network'> &
  Partial<Resources> & {
    /** For what its toolbox records; see `LaunchRequest`. */
    readonly stateKey: string
  }

/**
 * Start a toolbox and wait until it answers; nothing is left behind when it does not.
 * @param gone aborted when nobody wants it any more
 */
export async function launchToolbox(
  isolation: Isolation,
  record: LaunchedFor,
  folder: SandboxFolder,
  gone: AbortSignal,
): Promise<Toolbox> {
  const turn = await launches.acquire()
  try {
    return await launchInTurn(isolation, record, folder, gone)
  } finally {
    turn.release()
  }
}

async function launchInTurn(
  isolation: Isolation,
  record: LaunchedFor,
  folder: SandboxFolder,
  gone: AbortSignal,
): Promise<Toolbox> {
  gone.throwIfAborted()
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
  const giveUp = () => void process.kill()
  gone.addEventListener('abort', giveUp, { once: true })
  try {
    gone.throwIfAborted()
    const early = process.ended.then(({ how }) => {
      throw new Error(`its toolbox ended before it was ready: ${how}`)
    })
    await link.ready(readyTimeoutMs, early)
    return { process, link }
  } catch (error) {
    link.close()
    await process.kill()
    throw error
  } finally {
    gone.removeEventListener('abort', giveUp)
  }
}

/** End a toolbox: in order within its time, else by force. Resolves when nothing of it is left. */
export async function endToolbox({ process, link }: Toolbox, force: boolean): Promise<void> {
  if (!force) {
    // Whatever comes of it, what is left is killed below.
    await link.ask('POST', '/internal/shutdown', {}, orderlyMs).catch((error: unknown) => {
      console.error('a toolbox did not end in order:', error instanceof Error ? error.message : error)
    })
  }
  await process.kill()
  link.close()
}
