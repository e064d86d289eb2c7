/** Commands that work on a sandbox's files from outside, whatever their permissions. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findProgram } from '@/lib/settings/programs'
import { forSpawn } from '../../linux/for-spawn'

const run = promisify(execFile)

/** Only system programs, with English messages. */
export const ownerEnvironment = forSpawn({ PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' })

let prefix: Promise<readonly string[]> | null = null

/**
 * A command that can read and remove files without permissions for their owner. Root can do that anyway; an ordinary user
 * becomes root of a user namespace that maps only that user. Without namespaces, the command is unchanged.
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
    // This host does not allow user namespaces.
    return []
  }
}
