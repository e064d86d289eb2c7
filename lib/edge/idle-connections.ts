/**
 * Connections without a request in progress. Anyone who reaches a port can open them, so they must not use up the
 * descriptors that the program needs for everything else.
 */
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** More are useful to no client. */
const maxIdle = 2_000
/** Where the limit of open files cannot be read. */
const fallbackMaxIdle = 200

/** A quarter of the files that this process may open, at most 2,000. */
export function maxIdleConnections(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
    return limit === undefined ? maxIdle : Math.min(maxIdle, Math.floor(Number(limit) / 4))
  } catch {
    return fallbackMaxIdle
  }
}

/**
 * Close the connection that has been idle for longest whenever more than `max` are. A client that sends its request at once
 * is served, however many others wait. Upgraded connections do not count.
 */
export function limitIdleConnections(server: Server, max: number): void {
  /** In the order in which they became idle. */
  const idle = new Set<Socket>()
  const pending = new WeakMap<Socket, number>()
  const addIdle = (socket: Socket) => {
    if (socket.destroyed) return
    idle.add(socket)
    const [oldest] = idle
    if (idle.size <= max || !oldest) return
    idle.delete(oldest)
    oldest.destroy()
  }
  server.on('connection', (socket) => {
    socket.once('close', () => idle.delete(socket))
    addIdle(socket)
  })
  server.prependListener('request', ({ socket }, response) => {
    idle.delete(socket)
    pending.set(socket, (pending.get(socket) ?? 0) + 1)
    response.once('close', () => {
      const left = (pending.get(socket) ?? 1) - 1
      pending.set(socket, left)
      if (left === 0) addIdle(socket)
    })
  })
  server.prependListener('upgrade', ({ socket }) => idle.delete(socket))
}
