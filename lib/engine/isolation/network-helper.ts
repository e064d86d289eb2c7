/** The process that connects a private network namespace to the outside. */
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { NetworkPolicy } from '@/lib/process-api/network-policy'
import { findProgram } from '@/lib/settings/programs'
import { forSpawn } from '../linux/for-spawn'
import { type HostProcess, identify, signalProcess } from './host-process'
import { readHostNetworks } from './network/host-networks'
import { link, policyCommands } from './network/namespace-commands'
import { type NetworkNamespace, type Policing, runInNamespace } from './network/policing'
import { rulesOf } from './network/policy-rules'

export interface NetworkHelper {
  readonly name: string
  readonly program: string
  /** Further hardening options, if its version and the host support them. */
  readonly hardening: readonly string[]
}

export interface NetworkTarget extends NetworkNamespace {
  /** Wraps a command so that it runs within the limits of the sandbox. */
  wrap(command: readonly string[]): string[]
  /** Enforced before anything can be sent. */
  readonly policy: NetworkPolicy
  /** Null when policies cannot be enforced. */
  readonly policing: Policing | null
  /** The program `unshare`. */
  readonly unshare: string
  /** The helper exits at end-of-file of this pipe. */
  readonly watcher: number
  readonly logFile: string
  /** Environment of the helper, with the sandbox's mark. */
  readonly env: Readonly<Record<string, string>>
}

const readyTimeoutMs = 5_000
const isRoot = process.getuid?.() === 0

/** Available helpers, best first. */
export function findNetworkHelpers(): NetworkHelper[] {
  const slirp = findProgram('slirp4netns')
  if (!slirp) return []
  const hardened = ['--enable-sandbox', '--enable-seccomp']
  return [hardened, []].map((hardening) => ({ name: 'slirp4netns', program: slirp, hardening }))
}

/**
 * Connect the namespace under a policy. The helper creates the interface but leaves it down until the rules are in place.
 * Rejects with one sentence when any step fails; then there is no connection.
 */
export async function attachNetwork(helper: NetworkHelper, target: NetworkTarget): Promise<HostProcess> {
  const { policing, policy } = target
  if (policing === null) return await startHelper(helper, target, ['--configure'])
  // Only `internet` depends on the host's own networks.
  const host = policy.kind === 'internet' ? readHostNetworks(policing.ip) : Promise.resolve([])
  const [started, networks] = await Promise.allSettled([startHelper(helper, target, []), host])
  if (started.status === 'rejected') throw started.reason
  try {
    if (networks.status === 'rejected') throw networks.reason
    await runInNamespace(policing, target, policyCommands(rulesOf(policy, networks.value)))
    return started.value
  } catch (error) {
    signalProcess(started.value, 'SIGKILL')
    throw error
  }
}

/**
 * Start the helper and wait for its interface, including address and route if it configures them. The host's loopback
 * stays unreachable. The helper outlives the engine and exits with the sandbox.
 */
async function startHelper(
  helper: NetworkHelper,
  target: NetworkTarget,
  options: readonly string[],
): Promise<HostProcess> {
  const log = openSync(target.logFile, 'w', 0o600)
  try {
    const args = [
      ...options,
      `--mtu=${link.mtu}`,
      '--disable-host-loopback',
      ...helper.hardening,
      '--ready-fd=3',
      '--exit-fd=4',
      ...(target.ownUserNamespace ? [`--userns-path=/proc/${target.pid}/ns/user`] : []),
      String(target.pid),
      link.device,
    ]
    // With its own sandbox, the helper changes its root folder and unmounts everything below. When it is root, those mounts
    // may be shared with the host, which would lose them too, such as its control groups.
    const apart = isRoot ? [target.unshare, '--mount', '--propagation', 'private', '--'] : []
    const [program = helper.program, ...rest] = target.wrap([...apart, helper.program, ...args])
    const child = spawn(program, rest, {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log, 'pipe', target.watcher],
      env: forSpawn(target.env),
    })
    const ready = child.stdio[3] as Readable
    const failure = await new Promise<string | null>((resolve) => {
      const timer = setTimeout(() => resolve(`was not ready within ${readyTimeoutMs / 1000} s`), readyTimeoutMs)
      const settle = (outcome: string | null) => {
        clearTimeout(timer)
        resolve(outcome)
      }
      child.once('error', (error) => settle(`could not be started: ${error.message}`))
      child.once('exit', (code, signal) => settle(`exited immediately with ${signal ?? `exit code ${code}`}`))
      ready.once('data', () => settle(null))
    })
    ready.destroy()
    child.unref()
    if (failure !== null) {
      child.kill('SIGKILL')
      throw new Error(`${helper.name} ${failure}: ${lastLine(target.logFile) ?? 'no error message'}`)
    }
    const process = identify(child.pid ?? 0)
    if (!process) throw new Error(`${helper.name} exited as soon as it was ready`)
    return process
  } finally {
    closeSync(log)
  }
}

/** The helper prints `child failed` after the line with the reason. */
function lastLine(file: string): string | undefined {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.filter((line) => line.trim() !== '' && !/^(child failed|WARNING)/.test(line)).at(-1)
}
