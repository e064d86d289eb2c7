import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ownerCommand, ownerEnvironment } from '../disk/owner-command'

const run = promisify(execFile)

/**
 * Remove a folder that a sandbox filled: names that are no UTF-8, folders without permissions, millions of files. `rm`
 * takes them byte by byte and in another process, so the engine neither stumbles nor waits. Links are not followed.
 */
export async function removeTree(folder: string): Promise<void> {
  const remove = async () => {
    const [program, ...args] = await ownerCommand(['rm', '-rf', '--', folder])
    await run(program, args, { env: ownerEnvironment })
  }
  try {
    await remove()
  } catch {
    // Without namespaces an ordinary user has to give itself the permissions back; then it is a failure that counts.
    await run('chmod', ['-R', 'u+rwX', '--', folder], { env: ownerEnvironment })
    await remove()
  }
}
