/** `GET /events`: changes as they happen, one JSON `EngineEvent` a text frame. */

import { toolboxOperations } from '@/lib/process-api/operations/toolbox'
import { keepAlive } from '../../http/keep-alive'
import { writeChunk } from '../../http/reply'
import type { Routes } from '../../http/router'
import type { ReadServices } from '../services/services'

/** A subscriber that leaves so much unread is cut off; on its return it reads the lists again. */
const longestQueue = 8 * 1024 * 1024
/** Bytes of the present state that may wait for its reader. */
const maxWaitingBytes = 64 * 1024

export function registerEvents(routes: Routes, { events }: ReadServices): void {
  routes.onSocket(toolboxOperations.followSandboxEvents, async (context) => {
    const socket = await context.accept()
    const unsubscribe = events.subscribe((event) => {
      socket.send(JSON.stringify(event))
      if (socket.bufferedAmount < longestQueue) return
      unsubscribe()
      socket.terminate()
    })
    socket.once('close', unsubscribe)
    keepAlive(socket)
  })

  // For the engine: everything that is known, as if it had just changed; one event a line.
  routes.route('GET', '/internal/events', async ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    for (const event of events.currentState()) {
      if (!(await writeChunk(response, `${JSON.stringify(event)}\n`, maxWaitingBytes))) return
    }
    response.end()
  })
}
