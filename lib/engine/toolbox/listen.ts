import { chmodSync, renameSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import path from 'node:path'

/**
 * Listen on a Unix socket. The socket appears under its name only once it accepts connections, so a client that waits
 * for the name can connect immediately. The socket of a crashed toolbox is replaced.
 * @param socketPath at most 107 bytes, the limit for Unix socket paths
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
