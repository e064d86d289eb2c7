/** A TCP proxy that can stall: connections stay open, but no data passes in either direction. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface SilentProxy {
  port: number
  /** Stalls existing and new connections. */
  silence(): void
  /** New connections work again; stalled ones stay stalled, as after a change of network. */
  restore(): void
  /** Closes the stalled connections. */
  drop(): void
  /** Whether a connection was opened since the last `restore`. */
  readonly opened: boolean
  close(): void
}

/** @param port returns the local port to forward to, called per connection because it is known later than the proxy's */
export async function startSilentProxy(port: () => number): Promise<SilentProxy> {
  const sockets = new Set<Socket>()
  const silenced = new WeakSet<Socket>()
  let silent = false
  let opened = false
  const server = createServer((client) => {
    const upstream = connect(port(), '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => socket.destroy())
    }
    if (silent) {
      silenced.add(client).add(upstream)
      return
    }
    opened = true
    client.pipe(upstream)
    upstream.pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    silence() {
      silent = true
      for (const socket of sockets) {
        socket.unpipe()
        silenced.add(socket)
      }
    },
    restore() {
      silent = false
      opened = false
    },
    get opened() {
      return opened
    },
    drop() {
      for (const socket of sockets) if (silenced.has(socket)) socket.destroy()
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
