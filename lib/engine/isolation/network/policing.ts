/** Runs `ip` in the network namespace of a sandbox, as its owner. */
import { spawn } from 'node:child_process'
import { closeSync, fstatSync, openSync, statSync } from 'node:fs'
import { findProgram } from '@/lib/settings/programs'
import { forSpawn } from '../../linux/for-spawn'

/** The programs that apply policies. */
export interface Policing {
  readonly ip: string
  readonly nsenter: string
}

export interface NetworkNamespace {
  /** A process in the namespace. */
  readonly pid: number
  /** Whether it belongs to the user namespace of `pid` rather than to the host's. */
  readonly ownUserNamespace: boolean
}

const timeoutMs = 5_000
const maxErrorText = 2_048

/** The programs of this machine, or what is missing, to follow "because". */
export function findPolicing(): Policing | string {
  const ip = findProgram('ip')
  if (!ip) return 'the program "ip" (package iproute2) is missing'
  const nsenter = findProgram('nsenter')
  if (!nsenter) return 'the program "nsenter" (package util-linux) is missing'
  return { ip, nsenter }
}

/**
 * Run commands in order until one fails. Rejects with one sentence when one fails, or when the namespace is the engine's
 * own: a sandbox's rules must never be applied to the host.
 */
export async function runInNamespace(
  { ip, nsenter }: Policing,
  { pid, ownUserNamespace }: NetworkNamespace,
  commands: readonly string[],
): Promise<void> {
  // Opened once, so that the checked namespace is the one entered.
  const network = openSync(`/proc/${pid}/ns/net`, 'r')
  const user = ownUserNamespace ? openSync(`/proc/${pid}/ns/user`, 'r') : null
  try {
    if (fstatSync(network).ino === statSync('/proc/self/ns/net').ino) {
      throw new Error(`process ${pid} has the network namespace of this machine`)
    }
    // Without a change of user, entering the user namespace makes its owner root in it.
    const entered = [
      '--net=/proc/self/fd/3',
      ...(user === null ? [] : ['--preserve-credentials', '--user=/proc/self/fd/4']),
    ]
    await run([nsenter, ...entered, '--', ip, '-batch', '-'], [network, ...(user === null ? [] : [user])], commands)
  } finally {
    closeSync(network)
    if (user !== null) closeSync(user)
  }
}

function run([program = '', ...args]: readonly string[], descriptors: readonly number[], commands: readonly string[]) {
  const child = spawn(program, args, {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'pipe', ...descriptors],
    env: forSpawn({}),
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  })
  const { stdin, stderr } = child
  let errorText = ''
  stderr?.setEncoding('utf8').on('data', (text: string) => {
    errorText = (errorText + text).slice(-maxErrorText)
  })
  // The exit code explains why the input was not read.
  stdin?.on('error', () => stdin.destroy())
  stdin?.end(`${commands.join('\n')}\n`)
  return new Promise<void>((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`"ip" could not be run: ${error.message}`)))
    child.once('close', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Error(explain(errorText, signal ?? `exit code ${code}`, commands)))
    })
  })
}

/** `ip` reports the line number of the failed command. */
function explain(errorText: string, ending: string, commands: readonly string[]): string {
  const line = /^Command failed -:(\d+)$/m.exec(errorText)?.[1]
  const failed = line === undefined ? undefined : commands[Number(line) - 1]
  const said = errorText.trim().split('\n')[0] ?? ''
  return `"ip${failed === undefined ? '' : ` ${failed}`}" failed: ${said || ending}`
}
