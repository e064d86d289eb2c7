/** Programs that work on a sandbox's files from outside, whatever permissions it gave them. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findProgram } from '../../isolation/programs'
import { forSpawn } from '../../toolbox/process/environment'

const run = promisify(execFile)

/** The system's own programs, and their words in English. */
export const ownerEnvironment = forSpawn({ PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' })

let prefix: Promise<readonly string[]> | null = null

/**
 * A command that reads and removes what its owner made unreadable. Root may do that anyway; an ordinary user is root of
 * a user namespace that holds its own user alone. Where there are none, the command is what it was.
 */
export async function ownerCommand(command: readonly string[]): Promise<[program: string, ...args: string[]]> {
  prefix ??= findPrefix()
  const [program = '', ...args] = [...(await prefix), ...command]
  return [program, ...args]
}

async function findPrefix(): Promise<readonly string[]> {
  if (process.getuid?.() === 0) return []
  const unshare = findProgram('unshare')
  if (unshare === null) return []
  const found = [unshare, '--user', '--map-root-user', '--']
  try {
    const [program = '', ...args] = [...found, 'true']
    await run(program, args, { env: ownerEnvironment, timeout: 5_000 })
    return found
  } catch {
    // This host gives ordinary users no namespaces.
    return []
  }
}
