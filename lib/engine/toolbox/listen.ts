import { chmodSync, renameSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import path from 'node:path'

/**
 * Listen on a Unix socket. The socket appears under its name only when connections are accepted, so whoever waits for
 * the name may connect at once; one that a dead toolbox left behind is replaced.
 * @param folder the working directory of this process for `.`: a socket address longer than 107 bytes does not exist
 */
export async function listenOn(server: Server, socketPath: string): Promise<void> {
  const draft = path.join(path.dirname(socketPath), `.listening-${process.pid}`)
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
}
