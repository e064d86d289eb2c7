/** The ordinary user of the host for a sandbox, when the engine runs as root. */
import { execFile } from 'node:child_process'
import { chmod, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { SandboxFolder } from './isolation'

const run = promisify(execFile)

/** Distributions do not assign user ids from here to 2^31. */
const minUserId = 0x7000_0000

/** Each sandbox has its own user, derived from its id, so that file permissions separate sandboxes as well. */
export function hostUserOf(sandboxId: string): number {
  return minUserId + Number.parseInt(sandboxId.replaceAll('-', '').slice(0, 7), 16)
}

/** Change the owner of the sandbox's folders, if necessary. Links are not followed. */
export async function chownFolders(folder: SandboxFolder, user: number): Promise<void> {
  const foreign: string[] = []
  for (const name of [folder.home, folder.tmp, folder.state]) {
    if ((await stat(name)).uid !== user) foreign.push(name)
  }
  if (foreign.length > 0) await run('chown', ['-R', '-h', `${user}:${user}`, '--', ...foreign])
  // The user must be able to traverse this folder; its other contents have their own modes.
  await chmod(folder.path, 0o711)
}
