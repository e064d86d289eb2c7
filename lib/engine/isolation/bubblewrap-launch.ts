/** Launches one bwrap with its network, until its namespaces exist. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import path from 'node:path'
import { Duplex } from 'node:stream'
import { forSpawn } from '../linux/for-spawn'
import { killTree } from '../linux/kill-tree'
import { ProcessSnapshot, sandboxMark } from '../linux/process-table'
import { bubblewrapArguments, inside } from './bubblewrap-arguments'
import type { BubblewrapSetup } from './bubblewrap-setup'
import { exitedWithin, type HostProcess, identify, signalProcess } from './host-process'
import { chownFolders, hostUserOf } from './host-user'
import type { LaunchRequest } from './isolation'
import { groupBinds } from './limits/group-view'
import type { SandboxLimits } from './limits/limits'
import { type LivenessPipe, makeLivenessPipe, openWatcher } from './liveness-pipe'
import { loopbackOnly } from './network/namespace-commands'
import { runInNamespace } from './network/policing'
import { attachNetwork } from './network-helper'
import { type NetworkKind, writeSandboxEtc } from './sandbox-etc'
import { createSandboxFolder } from './sandbox-folder'
import { stage } from './staging'

/** Descriptor numbers in bwrap. The hand keeps the first two. */
const descriptor = { control: 3, liveness: 4, args: 5, info: 6, seccomp: 7 } as const

/** The hand's end of the control socket has the same number in the toolbox. */
export const controlDescriptor = descriptor.control

/** Time from the start of bwrap until it reports its namespaces. */
const setupTimeoutMs = 10_000
const maxErrorText = 4_096
const abandonTimeoutMs = 1_000

/**
 * Halves the limit of open files. The kernel counts the descriptors on their way between the processes of one user against
 * the limit of whoever sends the next one. With an ordinary user's engine, that is the user of all sandboxes: without a
 * distance, code of one sandbox could keep the engine from starting any other.
 */
const halveOpenFiles = [
  '/bin/sh',
  '-c',
  'n=$(ulimit -Hn); [ "$n" = unlimited ] || [ "$n" -lt 4096 ] || ulimit -n $((n / 2)); exec "$@"',
  'sh',
]

export interface LaunchedBubblewrap {
  /** The toolbox. */
  readonly child: ChildProcess
  readonly toolbox: HostProcess
  /** The outer bwrap, which waits for PID 1 to exit. */
  readonly outerChild: ChildProcess
  readonly outer: HostProcess | null
  /** Output on stderr that explains a failure. */
  readonly errorText: () => string
  /** The init of the PID namespace. */
  readonly main: HostProcess
  readonly helper: HostProcess | null
}

export interface LaunchOptions {
  readonly request: LaunchRequest
  readonly network: NetworkKind
  /** Runs as the toolbox, outside the PID namespace. */
  readonly command: readonly string[]
  /** The environment of the toolbox. */
  readonly env: Readonly<Record<string, string>>
  /** A descriptor for the toolbox's output, closed by the caller. `pipe` makes it `child.stdout` and `errorText`. */
  readonly output: number | 'pipe'
  readonly limits: Pick<SandboxLimits, 'group' | 'wrap'>
}

/**
 * Launch a toolbox in a new sandbox. Rejects with one sentence when namespaces or network cannot be created, and then
 * leaves nothing behind. Later failures appear as the exit of `child`.
 */
export async function launchBubblewrap(setup: BubblewrapSetup, options: LaunchOptions): Promise<LaunchedBubblewrap> {
  const { folder, sandboxId } = options.request
  await createSandboxFolder(folder)
  writeSandboxEtc(folder.etc, sandboxId, options.network)
  if (process.getuid?.() === 0) await chownFolders(folder, setup.setpriv === null ? 0 : hostUserOf(sandboxId))

  const liveness = options.network === 'private' ? await makeLivenessPipe(folder.path) : null
  const outer = start(setup, options, liveness)
  try {
    return await awaitReady(setup, options, outer, liveness)
  } catch (error) {
    await abandon(outer, sandboxId)
    throw error
  } finally {
    streamAt(outer, descriptor.control).destroy()
    liveness?.close()
  }
}

/** End what was started: inner processes first, so that each one is reaped by its parent. */
async function abandon(outer: ChildProcess, sandboxId: string): Promise<void> {
  const { entries } = new ProcessSnapshot()
  for (const entry of entries.values()) {
    if (entry.parentPid === outer.pid) signalProcess(entry, 'SIGKILL')
  }
  const itself = identify(outer.pid ?? 0)
  if (itself) await exitedWithin([itself], abandonTimeoutMs)
  await killTree({ mark: { variable: sandboxMark, value: sandboxId } }, 0)
}

function start(
  setup: BubblewrapSetup,
  { request, network, limits }: LaunchOptions,
  liveness: LivenessPipe | null,
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
  const locate = (source: string) => staging?.pathOf(source) ?? source
  const own = (name: string) => path.join(locate(folder.path), path.relative(folder.path, name))
  const args = bubblewrapArguments({
    sandboxId,
    system: setup.system,
    readOnly: readOnly.map(([source, target]) => [locate(source), target]),
    home: own(folder.home),
    tmp: own(folder.tmp),
    etc: own(folder.etc),
    state: own(folder.state),
    pythonAlias: setup.runtimes.pythonAlias,
    network,
    features: setup.features,
    infoDescriptor: descriptor.info,
    seccompDescriptor: setup.seccomp && descriptor.seccomp,
    livenessDescriptor: liveness ? descriptor.liveness : null,
  })
  const bwrap = [setup.bwrap, '--args', String(descriptor.args), '--', inside.hand, 'init']
  const [program = setup.bwrap, ...rest] =
    process.getuid?.() === 0
      ? [setup.hand, 'first', ...limits.wrap(wrap(bwrap))]
      : [setup.hand, 'keys', ...limits.wrap([...halveOpenFiles, ...wrap(bwrap)])]
  const child = spawn(program, rest, {
    cwd: '/',
    detached: true,
    stdio: [
      'ignore',
      'ignore',
      'pipe',
      'pipe',
      liveness ? liveness.holder : 'ignore',
      'pipe',
      'pipe',
      setup.seccomp ? 'pipe' : 'ignore',
    ],
    // The init keeps this environment, which is visible to everything inside, so it only contains the mark.
    env: forSpawn({ [sandboxMark]: sandboxId }),
  })
  writeInput(child, descriptor.args, `${args.join('\0')}\0`)
  if (setup.seccomp) writeInput(child, descriptor.seccomp, setup.seccomp)
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

async function awaitReady(
  setup: BubblewrapSetup,
  options: LaunchOptions,
  outer: ChildProcess,
  liveness: LivenessPipe | null,
): Promise<LaunchedBubblewrap> {
  const { request, network } = options
  let errorText = ''
  const collect = (from: ChildProcess) => {
    from.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errorText = (errorText + text).slice(-maxErrorText)
    })
  }
  collect(outer)
  const isReady = readiness(outer, () => errorText)
  // Awaited below; earlier failures have the same cause.
  isReady.catch(() => undefined)
  const initPid = await childPid(outer, () => errorText)
  const main = identify(initPid)
  if (!main) throw new Error(`bwrap exited immediately: ${errorText.trim() || 'no error message'}`)
  const outerPid = outer.pid ?? 0
  const helper =
    liveness && network === 'private'
      ? await attachToSandbox(setup, { ...request, limits: options.limits, pid: outerPid })
      : null
  await isReady
  const control = streamAt(outer, descriptor.control)
  const child = startToolbox(setup, options, initPid, control)
  // The toolbox owns the socket now; nothing more may be read from it here.
  control.destroy()
  collect(child)
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  const toolbox = identify(child.pid ?? 0)
  if (!toolbox) throw new Error(`the toolbox exited immediately: ${errorText.trim() || 'no error message'}`)
  for (const process of [outer, child]) {
    process.unref()
    for (const stream of process.stdio) unref(stream)
  }
  const launched = { child, toolbox, outerChild: outer, outer: identify(outerPid), main, helper }
  return { ...launched, errorText: () => errorText.trim() }
}

/** The toolbox enters all namespaces from outside, except the PID namespace. */
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

/** The network namespace of a sandbox, and the policy for it. */
type NetworkLocation = Pick<LaunchRequest, 'sandboxId' | 'folder' | 'network'> & {
  pid: number
  /** The network helper runs within the sandbox's limits. */
  limits: Pick<SandboxLimits, 'group' | 'wrap'>
}

/**
 * Start the network of an existing sandbox: right after its launch, or later. Resolves with the helper process, or null
 * when the policy allows no network.
 */
export async function attachToSandbox(
  { unshare, setpriv, helper, policing }: Pick<BubblewrapSetup, 'unshare' | 'setpriv' | 'helper' | 'policing'>,
  { sandboxId, folder, network, limits, pid }: NetworkLocation,
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
  return untilReady(outer, errorText, 'bwrap did not create its namespaces', (resolve) => {
    let text = ''
    info.setEncoding('utf8').on('data', (part: string) => {
      text += part
      const pid = /"child-pid":\s*(\d+)/.exec(text)?.[1]
      if (pid !== undefined) resolve(Number(pid))
    })
  })
}

/** Resolves when the hand runs as init: all mounts exist, and it has sent its one unsolicited byte. */
function readiness(outer: ChildProcess, errorText: () => string): Promise<void> {
  const control = streamAt(outer, descriptor.control)
  control.on('error', () => control.destroy())
  return untilReady(outer, errorText, 'the init of the sandbox did not start', (resolve) =>
    control.once('data', () => resolve()),
  )
}

/** Rejects with the sentence and bwrap's error output when bwrap exits, or exceeds the timeout, before `listen` resolves. */
function untilReady<Value>(
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
    outer.once('error', (error) => fail(`bwrap could not be started: ${error.message}`))
    outer.once('close', (code, signal) => fail(`bwrap exited with ${signal ?? `exit code ${code}`}`))
    listen((value) => {
      clearTimeout(timer)
      resolve(value)
    })
  })
}

function writeInput(child: ChildProcess, index: number, data: string | Buffer): void {
  const pipe = streamAt(child, index)
  // bwrap may exit before reading it; its exit code explains why.
  pipe.on('error', () => pipe.destroy())
  pipe.end(data)
}

/** Node creates a duplex socket for each `pipe`, whatever its types say. */
function streamAt(child: ChildProcess, index: number): Duplex {
  const stream: unknown = child.stdio[index as 3]
  if (!(stream instanceof Duplex)) throw new Error(`bwrap was started without a pipe at ${index}`)
  return stream
}

/** A pipe to a sandbox must not keep a test or an exiting engine alive. */
function unref(stream: unknown): void {
  if (stream && typeof stream === 'object' && 'unref' in stream && typeof stream.unref === 'function') stream.unref()
}
