/** The `processes` extension: what runs in the sandbox, and signals to it. */
import { processOperations } from '@/lib/process-api/operations/processes'
import type { Routes } from '../../http/router'
import { ProcessView } from '../process/process-view'
import { signalProcess } from '../process/signal-process'
import type { ToolboxServices } from '../services/services'

export function registerProcessView(routes: Routes, services: ToolboxServices): void {
  const view = new ProcessView(services.config, services.owners)

  routes.on(processOperations.getProcessTree, ({ reply }) => reply(200, view.tree()))

  routes.on(processOperations.signalProcess, async ({ params, body, reply }) => {
    const { pid } = params
    reply(200, await signalProcess(view, services.sentSignals, { pid, ...(await body()) }))
  })
}
