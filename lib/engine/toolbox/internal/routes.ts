/** What only the engine's control plane asks for, over the Unix socket; its proxy lets nobody else here. */
import { z } from 'zod'
import { envs } from '@/lib/process-api/process'
import { sendEmpty } from '../http/reply'
import type { Routes } from '../http/router'
import type { ToolboxServices } from '../services'

const claimRequest = z.object({ sandboxId: z.string().min(1).optional(), env: envs.optional() })
const shutdownRequest = z.object({ reason: z.literal('sandbox-stopped').default('sandbox-stopped') })

/** @param exit ends the process, once the answer is on its way */
export function registerInternal(routes: Routes, services: ToolboxServices, exit: () => void): void {
  routes.route('POST', '/internal/claim', async (context) => {
    const { sandboxId, env } = await context.json(claimRequest, { name: 'ClaimRequest' })
    if (sandboxId !== undefined) services.config.sandboxId = sandboxId
    if (env !== undefined) services.config.env = env
    sendEmpty(context.response, 204)
  })

  routes.route('POST', '/internal/shutdown', async (context) => {
    const { reason } = await context.json(shutdownRequest, { name: 'ShutdownRequest' })
    await services.shutdown.run(reason)
    context.response.once('close', exit)
    sendEmpty(context.response, 204)
  })
}
