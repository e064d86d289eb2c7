import { chmodSync, closeSync, constants, openSync, renameSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import path from 'node:path'

/**
 * Listen on a Unix socket. The socket appears under its name only when connections are accepted, so whoever waits for
 * the name may connect at once; one that a dead toolbox left behind is replaced. The address is given relative to a
 * directory descriptor, because a socket address longer than 107 bytes does not exist.
 */
export async function listenOn(server: Server, socketPath: string): Promise<void> {
  const folder = openSync(path.dirname(socketPath), constants.O_RDONLY | constants.O_DIRECTORY)
  const draft = `/proc/self/fd/${folder}/.listening-${process.pid}`
  rmSync(draft, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path: draft, backlog: 511 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  chmodSync(draft, 0o600)
  renameSync(draft, socketPath)
  closeSync(folder)
}
