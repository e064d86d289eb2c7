/** Routes that copy a sandbox: forks, and snapshots of its files. */
import { ApiError } from '@/lib/process-api/errors'
import { forkRequestSchema } from '@/lib/process-api/sandbox'
import { createSandboxSnapshotRequestSchema } from '@/lib/process-api/snapshots'
import { sendJson } from '../../http/reply'
import type { RequestContext } from '../../http/router'
import { type Sandbox, stateChangeInProgress } from '../sandbox/sandbox'
import {
  type ApiOptions,
  forClient,
  requireSandbox,
  type SignedInRoutes,
  sendSandbox,
  toolboxUrl,
  unsupported,
} from './signed-in-routes'

export function registerCopies({ on, onSandbox }: SignedInRoutes, options: ApiOptions): void {
  const { sandboxes, snapshots } = options
  const sendAll = (context: RequestContext, found: Sandbox[]) => {
    const url = toolboxUrl(context.request, options)
    sendJson(
      context.response,
      200,
      found.map((sandbox) => forClient(context, sandbox.toDto(url))),
    )
  }

  on('POST', '/api/sandbox/:id/fork', async (context) => {
    const original = requireSandbox(sandboxes, context)
    const { name } = await context.json(forkRequestSchema, { name: 'ForkSandbox', code: 'BAD_REQUEST' })
    sendSandbox(context, 200, await sandboxes.fork(original, name ?? null), options)
  })
  on('GET', '/api/sandbox/:id/forks', (context) => {
    sendAll(context, sandboxes.forksOf(requireSandbox(sandboxes, context)))
  })
  on('GET', '/api/sandbox/:id/ancestors', (context) => {
    sendAll(context, sandboxes.ancestorsOf(requireSandbox(sandboxes, context)))
  })
  on('GET', '/api/sandbox/:id/parent', (context) => {
    const [parent] = sandboxes.ancestorsOf(requireSandbox(sandboxes, context))
    if (!parent) throw new ApiError('NOT_FOUND', 'Sandbox has no parent')
    sendSandbox(context, 200, parent, options)
  })

  onSandbox('POST', '/snapshot', 200, async (sandbox, context) => {
    const rules = { name: 'CreateSandboxSnapshot', code: 'BAD_REQUEST' } as const
    const { name, includeMemory } = await context.json(createSandboxSnapshotRequestSchema, rules)
    if (includeMemory) throw unsupported('the memory of a sandbox cannot be kept by this engine: only its files can')
    if (!['started', 'stopped', 'error'].includes(sandbox.state)) throw stateChangeInProgress()
    await snapshots.create(sandbox, name)
  })
}
