/** The ordinary user of the host that a sandbox runs as when the engine itself is root. */
import { execFile } from 'node:child_process'
import { chmod, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { SandboxFolder } from './isolation'

const run = promisify(execFile)

/** From here to 2^31 no distribution gives out user ids. */
const firstUser = 0x7000_0000

/** Each sandbox has a user of its own, told by its id, so that the host keeps sandboxes apart as well. */
export function hostUserOf(sandboxId: string): number {
  return firstUser + Number.parseInt(sandboxId.replaceAll('-', '').slice(0, 7), 16)
}

/** Give the sandbox's folders to a user, where they are not that user's yet. Links are not followed. */
export async function giveFolders(folder: SandboxFolder, user: number): Promise<void> {
  const foreign: string[] = []
  for (const name of [folder.home, folder.tmp, folder.state]) {
    if ((await stat(name)).uid !== user) foreign.push(name)
  }
  if (foreign.length > 0) await run('chown', ['-R', '-h', `${user}:${user}`, '--', ...foreign])
  // The user has to get through to its own folders; what is beside them has modes of its own.
  await chmod(folder.path, 0o711)
}
