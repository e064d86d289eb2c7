import { execFile } from 'node:child_process'
import { closeSync, constants, openSync, rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const fileName = 'alive'

/** Another reader of the pipe; it is at its end at once when no holder is left. Throws where there is no such pipe. */
export function openWatcher(folder: string): number {
  return openSync(path.join(folder, fileName), constants.O_RDONLY | constants.O_NONBLOCK)
}

/** A pipe that nobody writes to: its reader sees the end when the last holder of the other side is gone. */
export interface LivenessPipe {
  readonly holder: number
  readonly watcher: number
  /** Close both ends here, once the children have theirs. */
  close(): void
}

/** Node cannot make a pipe, so this is a FIFO, in a folder that the sandbox does not see. */
export async function makeLivenessPipe(folder: string): Promise<LivenessPipe> {
  const name = path.join(folder, fileName)
  rmSync(name, { force: true })
  await run('mkfifo', ['-m', '600', name])
  const watcher = openWatcher(folder)
  const holder = openSync(name, constants.O_WRONLY)
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
