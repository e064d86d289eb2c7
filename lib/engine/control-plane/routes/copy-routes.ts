/** Routes that copy a sandbox: forks, and snapshots of its files. */
import { ApiError } from '@/lib/process-api/errors'
import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { snapshotOperations } from '@/lib/process-api/operations/snapshots'
import { sendJson } from '../../http/reply'
import type { RequestContext } from '../../http/request-context'
import type { Sandbox } from '../sandbox/sandbox'
import {
  type ApiOptions,
  type AuthenticatedRoutes,
  forClient,
  requireSandbox,
  sendSandbox,
  toolboxUrl,
  unsupported,
} from './authenticated-routes'

export function registerCopies({ on, onSandbox }: AuthenticatedRoutes, options: ApiOptions): void {
  const { sandboxes, snapshots } = options
  const sendAll = (context: RequestContext, found: Sandbox[]) => {
    const url = toolboxUrl(context.request, options)
    sendJson(
      context.response,
      200,
      found.map((sandbox) => forClient(context, sandbox.toDto(url))),
    )
  }

  on(sandboxOperations.forkSandbox, async (context) => {
    const original = requireSandbox(sandboxes, context.params)
    const { name } = await context.body()
    sendSandbox(context, 200, await sandboxes.fork(original, name ?? null), options)
  })
  on(sandboxOperations.listForks, (context) => {
    sendAll(context, sandboxes.forksOf(requireSandbox(sandboxes, context.params)))
  })
  on(sandboxOperations.listAncestors, (context) => {
    sendAll(context, sandboxes.ancestorsOf(requireSandbox(sandboxes, context.params)))
  })
  on(sandboxOperations.getParent, (context) => {
    const [parent] = sandboxes.ancestorsOf(requireSandbox(sandboxes, context.params))
    if (!parent) throw new ApiError('NOT_FOUND', 'Sandbox has no parent')
    sendSandbox(context, 200, parent, options)
  })

  onSandbox(snapshotOperations.createSnapshot, async (sandbox, { body }) => {
    const { name, includeMemory } = await body()
    if (includeMemory) throw unsupported('this engine cannot snapshot memory, only files')
    sandbox.requireCopyable()
    await snapshots.create(sandbox, name)
  })
}
