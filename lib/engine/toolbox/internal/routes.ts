/** What only the engine's control plane asks for, over the Unix socket; its proxy lets nobody else here. */
import { z } from 'zod'
import { envs } from '@/lib/process-api/process'
import { sendEmpty } from '../http/reply'
import type { Routes } from '../http/router'
import type { ToolboxServices } from '../services'

const claimRequest = z.object({ sandboxId: z.string().min(1).optional(), env: envs.optional() })

/** @param endAll ends everything that the sandbox runs; the process exits once the answer is on its way */
export function registerInternal(routes: Routes, services: ToolboxServices, endAll: () => Promise<void>): void {
  routes.route('POST', '/internal/claim', async (context) => {
    const { sandboxId, env } = await context.json(claimRequest, { name: 'ClaimRequest' })
    if (sandboxId !== undefined) services.config.sandboxId = sandboxId
    if (env !== undefined) services.config.env = env
    sendEmpty(context.response, 204)
  })

  routes.route('POST', '/internal/shutdown', async (context) => {
    await endAll()
    context.response.once('close', () => process.exit(0))
    sendEmpty(context.response, 204)
  })
}
