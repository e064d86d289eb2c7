import { execFile } from 'node:child_process'
import { closeSync, constants, openSync, rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A pipe that nobody writes to: its reader sees the end when the last holder of the other side is gone. */
export interface AlivePipe {
  readonly holder: number
  readonly watcher: number
  /** Close both ends here, once the children have theirs. */
  close(): void
}

/** Node cannot make a pipe, so this is a FIFO whose name is taken away at once. */
export async function makeAlivePipe(folder: string): Promise<AlivePipe> {
  const name = path.join(folder, 'alive')
  rmSync(name, { force: true })
  await run('mkfifo', ['-m', '600', name])
  const watcher = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK)
  const holder = openSync(name, constants.O_WRONLY)
  rmSync(name)
  let open = true
  return {
    holder,
    watcher,
    close: () => {
      if (!open) return
      open = false
      closeSync(watcher)
      closeSync(holder)
    },
  }
}
