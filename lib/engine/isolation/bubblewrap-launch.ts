/** Starting one bwrap with its network, up to the moment when its namespaces are there. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import path from 'node:path'
import { Duplex } from 'node:stream'
import { forSpawn } from '../toolbox/process/environment'
import { killTree } from '../toolbox/process/kill-tree'
import { ProcessSnapshot, sandboxMark } from '../toolbox/process/process-table'
import { type AlivePipe, makeAlivePipe, openWatcher } from './alive-pipe'
import type { BubblewrapSetup } from './bubblewrap'
import { bubblewrapArguments, inside } from './bubblewrap-arguments'
import { goneWithin, type HostProcess, identify, signalProcess } from './host-process'
import { giveFolders, hostUserOf } from './host-user'
import type { LaunchRequest } from './isolation'
import { groupBinds } from './limits/group-view'
import type { SandboxLimits } from './limits/limits'
import { loopbackOnly } from './network/namespace-commands'
import { runInNamespace } from './network/policing'
import { attachNetwork } from './network-helper'
import { type NetworkKind, writeSandboxEtc } from './sandbox-etc'
import { makeSandboxFolder } from './sandbox-folder'
import { stage } from './staging'

/** Descriptors of the launched program, by number. */
export const descriptor = { state: 3, args: 4, info: 5, alive: 6 } as const

/** Time from the start of bwrap to its report that the namespaces are there. */
const setupTimeoutMs = 10_000
const keptErrorText = 4_096
const abandonTimeoutMs = 1_000

export interface LaunchedBubblewrap {
  /** The bwrap that waits outside. */
  readonly child: ChildProcess
  readonly outer: HostProcess | null
  /** What bwrap printed to stderr, which explains a failure. */
  readonly errorText: () => string
  /** The init of the PID namespace. */
  readonly main: HostProcess
  readonly helper: HostProcess | null
}

export interface LaunchOptions {
  readonly request: LaunchRequest
  readonly network: NetworkKind
  /** Environment of the program inside. */
  readonly env: Readonly<Record<string, string>>
  readonly command: readonly string[]
  readonly stdout: 'ignore' | 'pipe'
  readonly limits: Pick<SandboxLimits, 'group' | 'wrap'>
}

/**
 * Launch a program in a sandbox of its own. Rejects with one sentence when the namespaces or the network cannot be made;
 * nothing is left behind then. A failure after that shows in the exit of `child`.
 */
export async function launchBubblewrap(setup: BubblewrapSetup, options: LaunchOptions): Promise<LaunchedBubblewrap> {
  const { folder, sandboxId } = options.request
  await makeSandboxFolder(folder)
  writeSandboxEtc(folder.etc, sandboxId, options.network)
  if (process.getuid?.() === 0) await giveFolders(folder, setup.setpriv === null ? 0 : hostUserOf(sandboxId))

  const alive = options.network === 'private' ? await makeAlivePipe(folder.path) : null
  const state = openSync(folder.state, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    const outer = start(setup, options, state, alive)
    try {
      return await complete(setup, options, outer, alive)
    } catch (error) {
      await abandon(outer, sandboxId)
      throw error
    }
  } finally {
    closeSync(state)
    alive?.close()
  }
}

/** End what was started: the inner ones first, so that each is reaped by the one that started it. */
async function abandon(outer: ChildProcess, sandboxId: string): Promise<void> {
  const { entries } = new ProcessSnapshot()
  for (const entry of entries.values()) {
    if (entry.parentPid === outer.pid) signalProcess(entry, 'SIGKILL')
  }
  const itself = identify(outer.pid ?? 0)
  if (itself) await goneWithin([itself], abandonTimeoutMs)
  await killTree({ mark: { variable: sandboxMark, value: sandboxId } }, 0)
}

function start(
  setup: BubblewrapSetup,
  { request, network, env, command, stdout, limits }: LaunchOptions,
  state: number,
  alive: AlivePipe | null,
): ChildProcess {
  const { folder, sandboxId } = request
  const readOnly: ReadonlyArray<readonly [string, string]> = [
    [setup.assetsDir, inside.assets],
    [setup.node, inside.node],
    ...setup.runtimes.visible.map((name) => [name, name] as const),
    ...setup.certificates.binds,
    ...groupBinds(limits.group),
  ]
  const staging = setup.setpriv === null ? null : stage([folder.path, ...readOnly.map(([source]) => source)])
  const place = (source: string) => staging?.place(source) ?? source
  const own = (name: string) => path.join(place(folder.path), path.relative(folder.path, name))
  const args = bubblewrapArguments({
    sandboxId,
    system: setup.system,
    readOnly: readOnly.map(([source, target]) => [place(source), target]),
    home: own(folder.home),
    tmp: own(folder.tmp),
    etc: own(folder.etc),
    pythonAlias: setup.runtimes.pythonAlias,
    network,
    features: setup.features,
    env,
    infoDescriptor: descriptor.info,
    aliveDescriptor: alive ? descriptor.alive : null,
  })
  const bwrap = [setup.bwrap, '--args', String(descriptor.args), '--', ...command]
  const [program = setup.bwrap, ...rest] = limits.wrap(wrap(bwrap))
  const child = spawn(program, rest, {
    cwd: '/',
    detached: true,
    stdio: ['ignore', stdout, 'pipe', state, 'pipe', 'pipe', ...(alive ? [alive.holder] : [])],
    // The init of the namespace keeps this environment in view of everything inside: it is a mark and no more.
    env: forSpawn({ [sandboxMark]: sandboxId }),
  })
  const pipe = streamAt(child, descriptor.args)
  // bwrap may end before it has read them; its exit tells why.
  pipe.on('error', () => pipe.destroy())
  pipe.end(`${args.join('\0')}\0`)
  return child

  function wrap(inner: string[]): string[] {
    if (setup.setpriv === null) {
      return network === 'private' ? [setup.unshare, '--user', '--map-root-user', '--net', '--', ...inner] : inner
    }
    const user = String(hostUserOf(sandboxId))
    const asUser = [setup.setpriv, '--reuid', user, '--regid', user, '--clear-groups', '--', ...inner]
    const namespaces = network === 'private' ? ['--mount', '--net'] : ['--mount']
    return [setup.unshare, ...namespaces, '--propagation', 'private', '--', ...(staging?.wrap(asUser) ?? asUser)]
  }
}

async function complete(
  setup: BubblewrapSetup,
  { request, network }: LaunchOptions,
  outer: ChildProcess,
  alive: AlivePipe | null,
): Promise<LaunchedBubblewrap> {
  let errorText = ''
  outer.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errorText = (errorText + text).slice(-keptErrorText)
  })
  const initPid = await childPid(outer, () => errorText)
  const outerPid = outer.pid ?? 0
  const helper = alive && network === 'private' ? await attachToSandbox(setup, { ...request, pid: outerPid }) : null
  const main = identify(initPid)
  if (!main) throw new Error(`bwrap ended at once: ${errorText.trim() || 'it said nothing'}`)
  outer.unref()
  for (const stream of outer.stdio) unref(stream)
  return { child: outer, outer: identify(outerPid), errorText: () => errorText.trim(), main, helper }
}

/** Where the network of a sandbox is, and what it is to reach. */
type NetworkPlace = Pick<LaunchRequest, 'sandboxId' | 'folder' | 'network'> & { pid: number }

/**
 * Serve the network of a sandbox whose namespaces are there: right after its launch, or again later. Resolves with the
 * process that does, or null where there is to be no network.
 */
export async function attachToSandbox(
  { unshare, setpriv, helper, policing }: Pick<BubblewrapSetup, 'unshare' | 'setpriv' | 'helper' | 'policing'>,
  { sandboxId, folder, network, pid }: NetworkPlace,
): Promise<HostProcess | null> {
  const namespace = { pid, ownUserNamespace: setpriv === null }
  if (network.kind === 'none' || helper === null) {
    if (policing) await runInNamespace(policing, namespace, loopbackOnly)
    return null
  }
  const watcher = openWatcher(folder.path)
  try {
    return await attachNetwork(helper, {
      ...namespace,
      policy: network,
      policing,
      unshare,
      watcher,
      logFile: path.join(folder.path, 'network.log'),
      env: { [sandboxMark]: sandboxId },
    })
  } finally {
    closeSync(watcher)
  }
}

/** The host's pid of the namespace's init, which bwrap reports once all namespaces are made. */
function childPid(outer: ChildProcess, errorText: () => string): Promise<number> {
  const info = streamAt(outer, descriptor.info)
  return new Promise((resolve, reject) => {
    let text = ''
    const timer = setTimeout(() => {
      fail(`bwrap did not make its namespaces within ${setupTimeoutMs / 1000} s`)
    }, setupTimeoutMs)
    const fail = (sentence: string) => {
      clearTimeout(timer)
      const detail = errorText().trim()
      reject(new Error(detail ? `${sentence}: ${detail}` : sentence))
    }
    info.setEncoding('utf8').on('data', (part: string) => {
      text += part
      const pid = /"child-pid":\s*(\d+)/.exec(text)?.[1]
      if (pid === undefined || !text.includes('}')) return
      clearTimeout(timer)
      resolve(Number(pid))
    })
    outer.once('error', (error) => fail(`bwrap cannot be started: ${error.message}`))
    // `close` and not `exit`: by then its message has been read.
    outer.once('close', (code, signal) => fail(`bwrap ended with ${signal ?? `exit code ${code}`}`))
  })
}

/** Node makes a socket for each `pipe`, whatever the types say. */
function streamAt(child: ChildProcess, index: number): Duplex {
  const stream: unknown = child.stdio[index as 3]
  if (!(stream instanceof Duplex)) throw new Error(`bwrap was started without a pipe at ${index}`)
  return stream
}

/** A pipe to a sandbox must not keep a test or an ending engine alive. */
function unref(stream: unknown): void {
  if (stream && typeof stream === 'object' && 'unref' in stream && typeof stream.unref === 'function') stream.unref()
}
