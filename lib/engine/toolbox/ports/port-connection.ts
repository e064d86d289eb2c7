import { connect, type Socket } from 'node:net'
import { ApiError } from '@/lib/process-api/errors'
import type { Listeners } from './listeners'

/** Connect to a port of this sandbox only. Rejects with a 502 that lists the listening ports. */
export async function connectToPort(listeners: Listeners, port: number): Promise<Socket> {
  for (const skipCache of [false, true]) {
    for (const address of await listeners.addressesOf(port, skipCache)) {
      const socket = await connectTo(address, port)
      if (socket) return socket
    }
  }
  const ports = await listeners.ports()
  throw new ApiError(
    'BAD_GATEWAY',
    ports.length === 0
      ? `nothing listens on port ${port}: no program of this sandbox listens on any port`
      : `nothing listens on port ${port}; these ports do: ${ports.join(', ')}`,
    { ports },
  )
}

/** Null if the connection failed. */
function connectTo(address: string, port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, noDelay: true })
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      // A failure before the caller adds its own listener must not crash the process.
      socket.on('error', () => socket.destroy())
      resolve(socket)
    })
    socket.once('error', () => resolve(null))
  })
}
