/** How the control plane's routes are registered: with the key required, and those that respond with a sandbox. */
import type { IncomingMessage } from 'node:http'
import { ApiError } from '@/lib/process-api/errors'
import { type Operation, successOf } from '@/lib/process-api/operations/operation'
import type { SandboxDto, SandboxListItem } from '@/lib/process-api/sandbox'
import type { OperationHandler, OperationRequest } from '../../http/operation-request'
import { refusalOf } from '../../http/refusal'
import { sendJson } from '../../http/reply'
import type { RequestContext } from '../../http/request-context'
import type { Routes } from '../../http/router'
import { requireKey } from '../access/credentials'
import type { EngineHosts } from '../access/host-check'
import { publicOrigin } from '../access/public-address'
import type { PreviewAddresses } from '../previews/preview-addresses'
import type { Quotas } from '../sandbox/quotas'
import type { Sandbox } from '../sandbox/sandbox'
import { withoutLaterFields } from '../sandbox/sandbox-dto'
import type { Sandboxes } from '../sandboxes/sandboxes'
import type { Snapshots } from '../snapshots/snapshots'

export interface ApiOptions {
  readonly apiKey: string
  readonly keyCreatedAt: Date
  readonly quotas: Quotas
  readonly sandboxes: Sandboxes
  readonly snapshots: Snapshots
  /** Host and port for requests that name none. */
  readonly authority: string
  readonly hosts: EngineHosts
  readonly addresses: PreviewAddresses
}

/** An operation on one sandbox. */
type SandboxOperation = Operation & { readonly path: `/api/sandbox/:id${string}` }
type SandboxHandler<O extends SandboxOperation> = (
  sandbox: Sandbox,
  request: OperationRequest<O>,
) => Promise<void> | void

export interface AuthenticatedRoutes {
  /** Serve an operation for clients with the key. */
  on<O extends Operation>(operation: O, handler: OperationHandler<O>): void
  /** Serve an operation that responds with its sandbox as it is afterwards. */
  onSandbox<O extends SandboxOperation>(operation: O, handler: SandboxHandler<O>): void
  /** Refuse an operation that this engine does not support. */
  refuse(operation: Operation): void
}

export function authenticatedRoutes(routes: Routes, options: ApiOptions): AuthenticatedRoutes {
  const on: AuthenticatedRoutes['on'] = (operation, handler) =>
    routes.on(operation, (request) => {
      requireKey(request.request.headers, options.apiKey)
      return handler(request)
    })
  return {
    on,
    onSandbox: (operation, handler) =>
      on(operation, async (request) => {
        const sandbox = requireSandbox(options.sandboxes, { id: request.param('id') })
        await handler(sandbox, request)
        sendSandbox(request, successOf(operation), sandbox, options)
      }),
    refuse: (operation) =>
      on(operation, () => {
        throw refusalOf(operation)
      }),
  }
}

export function sendSandbox(context: RequestContext, status: number, sandbox: Sandbox, options: ApiOptions): void {
  sendJson(context.response, status, forClient(context, sandbox.toDto(toolboxUrl(context.request, options))))
}

/** What this client can read of a DTO or list item. */
export function forClient<Wire extends SandboxDto | SandboxListItem>(
  { client }: RequestContext,
  wire: Wire,
): Partial<Wire> {
  return client.rejectsUnknownFields ? withoutLaterFields(wire) : wire
}

/** Maximum length of an id or name in a lookup; the rest is ignored. */
const maxNameLength = 256

export function requireSandbox(sandboxes: Sandboxes, { id }: { readonly id: string }): Sandbox {
  return sandboxes.require(id.slice(0, maxNameLength))
}

/** Under the name that the client used, so that it works through any proxy. */
export function baseUrl(request: IncomingMessage, { authority }: Pick<ApiOptions, 'authority'>): string {
  return publicOrigin(request, authority)
}

export function toolboxUrl(request: IncomingMessage, options: Pick<ApiOptions, 'authority'>): string {
  return `${baseUrl(request, options)}/toolbox`
}

/** What this engine cannot do, and what can be done instead. */
export function unsupported(sentence: string): ApiError {
  return new ApiError('UNPROCESSABLE_ENTITY', sentence)
}
