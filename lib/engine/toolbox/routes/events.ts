/** `GET /events`: changes as they happen, one JSON `EngineEvent` per text frame. */

import { toolboxOperations } from '@/lib/process-api/operations/toolbox'
import { keepAlive } from '../../http/keep-alive'
import { writeChunk } from '../../http/reply'
import type { Routes } from '../../http/router'
import { sendUnbuffered } from '../../http/streaming'
import type { ReadServices } from '../services/services'

/** A subscriber with this many unread bytes is disconnected; when it reconnects, it reads the lists again. */
const maxUnreadBytes = 8 * 1024 * 1024
/** Maximum buffered bytes of the initial state. */
const maxBufferedStateBytes = 64 * 1024

export function registerEvents(routes: Routes, { events }: ReadServices): void {
  routes.onSocket(toolboxOperations.followSandboxEvents, async (context) => {
    const socket = await context.accept()
    const unsubscribe = events.subscribe((event) => {
      socket.send(JSON.stringify(event))
      if (socket.bufferedAmount < maxUnreadBytes) return
      unsubscribe()
      socket.terminate()
    })
    socket.once('close', unsubscribe)
    keepAlive(socket)
  })

  // For the engine: the current state as events, one per line.
  routes.route('GET', '/internal/events', async ({ response }) => {
    sendUnbuffered(response)
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    for (const event of events.currentState()) {
      if (!(await writeChunk(response, `${JSON.stringify(event)}\n`, maxBufferedStateBytes))) return
    }
    response.end()
  })
}
