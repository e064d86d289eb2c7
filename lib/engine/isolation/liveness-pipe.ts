import { execFile } from 'node:child_process'
import { closeSync, constants, openSync, rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const fileName = 'alive'

/** Open another reader of the pipe, which reads end-of-file at once if no holder is left. Throws without a pipe. */
export function openWatcher(folder: string): number {
  return openSync(path.join(folder, fileName), constants.O_RDONLY | constants.O_NONBLOCK)
}

/** A pipe without data: its reader gets end-of-file when the last holder of the write end has closed it. */
export interface LivenessPipe {
  readonly holder: number
  readonly watcher: number
  /** Close both ends here, once the children have inherited theirs. */
  close(): void
}

/** Node cannot create pipes, so this is a FIFO in a folder that the sandbox does not see. */
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
