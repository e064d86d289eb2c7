/** Internal routes for the control plane, over the Unix socket; its proxy blocks all other clients. */
import { z } from 'zod'
import { isolationReportSchema } from '@/lib/process-api/sandbox'
import { sandboxEnvironmentSchema } from '../../config/toolbox-config'
import { sendEmpty, sendJson } from '../../http/reply'
import type { Routes } from '../../http/router'
import { receiveHome, sendHome } from '../internal/home'
import type { ToolboxServices } from '../services/services'

const claimRequestSchema = z.object({
  sandboxId: z.string().min(1).optional(),
  env: sandboxEnvironmentSchema.optional(),
  isolation: isolationReportSchema.optional(),
})

/** @param endAll ends all processes of the sandbox; the toolbox exits once the response has been sent */
export function registerInternal(routes: Routes, services: ToolboxServices, endAll: () => Promise<void>): void {
  routes.route('POST', '/internal/claim', async (context) => {
    const { sandboxId, env, isolation } = await context.json(claimRequestSchema, { name: 'ClaimRequest' })
    if (sandboxId !== undefined) services.config.sandboxId = sandboxId
    if (env !== undefined) services.config.env = env
    if (isolation !== undefined) services.config.isolation = isolation
    sendEmpty(context.response, 204)
  })

  // The environment that a new child would get.
  routes.route('GET', '/internal/environment', ({ response }) => {
    sendJson(response, 200, services.childEnvironment({}))
  })

  // Unfinished work, so that a sandbox without requests is not considered idle.
  routes.route('GET', '/internal/work', ({ response }) =>
    sendJson(response, 200, { unfinished: services.unfinished.size }),
  )

  routes.route('GET', '/internal/home', sendHome(services))
  routes.route('PUT', '/internal/home', receiveHome(services))

  routes.route('POST', '/internal/shutdown', async (context) => {
    await endAll()
    context.response.once('close', () => process.exit(0))
    sendEmpty(context.response, 204)
  })
}
