import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ownerCommand, ownerEnvironment } from '../disk/owner-command'

const run = promisify(execFile)

/**
 * Remove a folder that sandboxed code filled: names that are not UTF-8, folders without permissions, millions of files.
 * `rm` handles any bytes in names and runs in its own process, so the engine is not blocked. Links are not followed.
 */
export async function removeTree(folder: string): Promise<void> {
  const remove = async () => {
    const [program, ...args] = await ownerCommand(['rm', '-rf', '--', folder])
    await run(program, args, { env: ownerEnvironment })
  }
  try {
    await remove()
  } catch {
    // Without namespaces, an ordinary user must restore the permissions first. A second failure is reported.
    await run('chmod', ['-R', 'u+rwX', '--', folder], { env: ownerEnvironment })
    await remove()
  }
}
