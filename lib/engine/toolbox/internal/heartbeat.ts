import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { heartbeatPath } from '../../config/heartbeat'

/** Echo every byte of a connection of the engine's heartbeat. Returns false for all other upgrades. */
export function acceptHeartbeat(request: IncomingMessage, socket: Duplex): boolean {
  if (request.url !== heartbeatPath) return false
  socket.on('error', () => socket.destroy())
  socket.on('end', () => socket.destroy())
  socket.on('data', (bytes) => socket.write(bytes))
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: heartbeat\r\n\r\n')
  return true
}
