/** The `processes` extension: what runs in the sandbox, and signals to it. */
import { ApiError } from '@/lib/process-api/errors'
import { processSignalRequestSchema } from '@/lib/process-api/process-tree'
import { sendJson } from '../../http/reply'
import type { Routes } from '../../http/router'
import { ProcessView } from '../process/process-view'
import { signalProcess } from '../process/signal-process'
import type { ToolboxServices } from '../services/services'

export function registerProcessView(routes: Routes, services: ToolboxServices): void {
  const view = new ProcessView(services.config, services.owners)

  routes.route('GET', '/process/tree', ({ response }) => sendJson(response, 200, view.tree()))

  routes.route('POST', '/process/tree/:pid/signal', async (context) => {
    const pid = pidFrom(context.param('pid'))
    const order = await context.json(processSignalRequestSchema, { name: 'ProcessSignalRequest' })
    sendJson(context.response, 200, await signalProcess(view, services.sentSignals, { pid, ...order }))
  })
}

function pidFrom(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new ApiError('BAD_REQUEST', 'a pid is a whole number greater than 0')
  return Number(text)
}
