/** Starting one bwrap with its network, up to the moment when its namespaces are there. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import path from 'node:path'
import { Duplex } from 'node:stream'
import { killTree } from '../linux/kill-tree'
import { ProcessSnapshot, sandboxMark } from '../linux/process-table'
import { forSpawn } from '../toolbox/process/environment'
import type { BubblewrapSetup } from './bubblewrap'
import { bubblewrapArguments, inside } from './bubblewrap-arguments'
import { goneWithin, type HostProcess, identify, signalProcess } from './host-process'
import { giveFolders, hostUserOf } from './host-user'
import type { LaunchRequest } from './isolation'
import { groupBinds } from './limits/group-view'
import type { SandboxLimits } from './limits/limits'
import { type LivenessPipe, makeLivenessPipe, openWatcher } from './liveness-pipe'
import { loopbackOnly } from './network/namespace-commands'
import { runInNamespace } from './network/policing'
import { attachNetwork } from './network-helper'
import { type NetworkKind, writeSandboxEtc } from './sandbox-etc'
import { makeSandboxFolder } from './sandbox-folder'
import { stage } from './staging'

/** Descriptors of bwrap, by number. The hand keeps the first two. */
const descriptor = { control: 3, alive: 4, args: 5, info: 6, seccomp: 7 } as const

/** The hand's end of the control socket has this number in the toolbox too. */
export const controlDescriptor = descriptor.control

/** Time from the start of bwrap to its report that the namespaces are there. */
const setupTimeoutMs = 10_000
const keptErrorText = 4_096
const abandonTimeoutMs = 1_000

export interface LaunchedBubblewrap {
  /** The toolbox. */
  readonly child: ChildProcess
  readonly toolbox: HostProcess
  /** The bwrap that waits outside for the end of PID 1. */
  readonly outerChild: ChildProcess
  readonly outer: HostProcess | null
  /** What was printed to stderr that explains a failure. */
  readonly errorText: () => string
  /** The init of the PID namespace. */
  readonly main: HostProcess
  readonly helper: HostProcess | null
}

export interface LaunchOptions {
  readonly request: LaunchRequest
  readonly network: NetworkKind
  /** Runs in the toolbox's place, outside the PID namespace. */
  readonly command: readonly string[]
  /** Its environment. */
  readonly env: Readonly<Record<string, string>>
  /** A descriptor for its output; it is the caller's to close. `pipe` gives it to `child.stdout` and to `errorText`. */
  readonly output: number | 'pipe'
  readonly limits: Pick<SandboxLimits, 'group' | 'wrap'>
}

/**
 * Launch a toolbox in a sandbox of its own. Rejects with one sentence when the namespaces or the network cannot be made;
 * nothing is left behind then. A failure after that shows in the exit of `child`.
 */
export async function launchBubblewrap(setup: BubblewrapSetup, options: LaunchOptions): Promise<LaunchedBubblewrap> {
  const { folder, sandboxId } = options.request
  await makeSandboxFolder(folder)
  writeSandboxEtc(folder.etc, sandboxId, options.network)
  if (process.getuid?.() === 0) await giveFolders(folder, setup.setpriv === null ? 0 : hostUserOf(sandboxId))

  const alive = options.network === 'private' ? await makeLivenessPipe(folder.path) : null
  const outer = start(setup, options, alive)
  try {
    return await complete(setup, options, outer, alive)
  } catch (error) {
    await abandon(outer, sandboxId)
    throw error
  } finally {
    streamAt(outer, descriptor.control).destroy()
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
  { request, network, limits }: LaunchOptions,
  alive: LivenessPipe | null,
): ChildProcess {
  const { folder, sandboxId } = request
  const readOnly: ReadonlyArray<readonly [string, string]> = [
    [setup.assetsDir, inside.assets],
    [setup.node, inside.node],
    [setup.hand, inside.hand],
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
    state: own(folder.state),
    pythonAlias: setup.runtimes.pythonAlias,
    network,
    features: setup.features,
    infoDescriptor: descriptor.info,
    seccompDescriptor: setup.seccomp && descriptor.seccomp,
    aliveDescriptor: alive ? descriptor.alive : null,
  })
  const bwrap = [setup.bwrap, '--args', String(descriptor.args), '--', inside.hand, 'init']
  const [program = setup.bwrap, ...rest] = [
    setup.hand,
    process.getuid?.() === 0 ? 'first' : 'keys',
    ...limits.wrap(wrap(bwrap)),
  ]
  const child = spawn(program, rest, {
    cwd: '/',
    detached: true,
    stdio: [
      'ignore',
      'ignore',
      'pipe',
      'pipe',
      alive ? alive.holder : 'ignore',
      'pipe',
      'pipe',
      setup.seccomp ? 'pipe' : 'ignore',
    ],
    // The init of the namespace keeps this environment in view of everything inside: it is a mark and no more.
    env: forSpawn({ [sandboxMark]: sandboxId }),
  })
  feed(child, descriptor.args, `${args.join('\0')}\0`)
  if (setup.seccomp) feed(child, descriptor.seccomp, setup.seccomp)
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
  options: LaunchOptions,
  outer: ChildProcess,
  alive: LivenessPipe | null,
): Promise<LaunchedBubblewrap> {
  const { request, network } = options
  let errorText = ''
  const collect = (from: ChildProcess) => {
    from.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errorText = (errorText + text).slice(-keptErrorText)
    })
  }
  collect(outer)
  const isReady = readiness(outer, () => errorText)
  // Awaited below: what fails before that fails for the same reason.
  isReady.catch(() => undefined)
  const initPid = await childPid(outer, () => errorText)
  const main = identify(initPid)
  if (!main) throw new Error(`bwrap ended at once: ${errorText.trim() || 'it said nothing'}`)
  const outerPid = outer.pid ?? 0
  const helper =
    alive && network === 'private'
      ? await attachToSandbox(setup, { ...request, limits: options.limits, pid: outerPid })
      : null
  await isReady
  const control = streamAt(outer, descriptor.control)
  const child = startToolbox(setup, options, initPid, control)
  // The toolbox has the socket now: not a byte more of it may be read here.
  control.destroy()
  collect(child)
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  const toolbox = identify(child.pid ?? 0)
  if (!toolbox) throw new Error(`the toolbox ended at once: ${errorText.trim() || 'it said nothing'}`)
  for (const process of [outer, child]) {
    process.unref()
    for (const stream of process.stdio) unref(stream)
  }
  const launched = { child, toolbox, outerChild: outer, outer: identify(outerPid), main, helper }
  return { ...launched, errorText: () => errorText.trim() }
}

/** It enters the namespaces from outside, all but that of the pids. */
function startToolbox(
  setup: BubblewrapSetup,
  { request, command, env, output, limits }: LaunchOptions,
  initPid: number,
  control: Duplex,
): ChildProcess {
  const user = setup.setpriv === null ? '-' : String(hostUserOf(request.sandboxId))
  const enter = [setup.hand, 'enter', String(initPid), user, ...command]
  const [program = setup.hand, ...rest] = [setup.hand, 'keys', ...limits.wrap(enter)]
  return spawn(program, rest, {
    cwd: '/',
    detached: true,
    stdio: ['ignore', output, output, control],
    env: forSpawn(env),
  })
}

/** Where the network of a sandbox is, and what it is to reach. */
type NetworkPlace = Pick<LaunchRequest, 'sandboxId' | 'folder' | 'network'> & {
  pid: number
  /** What serves the network works for the sandbox, and within its limits. */
  limits: Pick<SandboxLimits, 'group' | 'wrap'>
}

/**
 * Serve the network of a sandbox whose namespaces are there: right after its launch, or again later. Resolves with the
 * process that does, or null where there is to be no network.
 */
export async function attachToSandbox(
  { unshare, setpriv, helper, policing }: Pick<BubblewrapSetup, 'unshare' | 'setpriv' | 'helper' | 'policing'>,
  { sandboxId, folder, network, limits, pid }: NetworkPlace,
): Promise<HostProcess | null> {
  const namespace = { pid, ownUserNamespace: setpriv === null }
  if (network.kind === 'none' || helper === null) {
    if (policing) await runInNamespace(policing, namespace, loopbackOnly)
    return null
  }
  const watcher = openWatcher(folder.path)
  try {
    return await attachNetwork(helper, {
      wrap: (command) => (limits.group ? limits.wrap(command) : [...command]),
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

/** The host's pid of the namespace's init, which bwrap reports before it mounts anything. */
function childPid(outer: ChildProcess, errorText: () => string): Promise<number> {
  const info = streamAt(outer, descriptor.info)
  return settled(outer, errorText, 'bwrap did not make its namespaces', (resolve) => {
    let text = ''
    info.setEncoding('utf8').on('data', (part: string) => {
      text += part
      const pid = /"child-pid":\s*(\d+)/.exec(text)?.[1]
      if (pid !== undefined) resolve(Number(pid))
    })
  })
}

/** Resolves when the hand runs as the init: all mounts are there, and it has sent the one byte that it says unasked. */
function readiness(outer: ChildProcess, errorText: () => string): Promise<void> {
  const control = streamAt(outer, descriptor.control)
  control.on('error', () => control.destroy())
  return settled(outer, errorText, 'the init of the sandbox did not start', (resolve) =>
    control.once('data', () => resolve()),
  )
}

/** Rejects with the sentence, and what bwrap said, where it ends or takes too long before `listen` resolves. */
function settled<Value>(
  outer: ChildProcess,
  errorText: () => string,
  sentence: string,
  listen: (resolve: (value: Value) => void) => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const fail = (how: string) => {
      clearTimeout(timer)
      const detail = errorText().trim()
      reject(new Error(detail ? `${how}: ${detail}` : how))
    }
    const timer = setTimeout(() => fail(`${sentence} within ${setupTimeoutMs / 1000} s`), setupTimeoutMs)
    outer.once('error', (error) => fail(`bwrap cannot be started: ${error.message}`))
    outer.once('close', (code, signal) => fail(`bwrap ended with ${signal ?? `exit code ${code}`}`))
    listen((value) => {
      clearTimeout(timer)
      resolve(value)
    })
  })
}

function feed(child: ChildProcess, index: number, data: string | Buffer): void {
  const pipe = streamAt(child, index)
  // bwrap may end before it has read it; its exit tells why.
  pipe.on('error', () => pipe.destroy())
  pipe.end(data)
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
