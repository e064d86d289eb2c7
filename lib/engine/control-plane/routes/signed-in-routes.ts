/** How the control plane's routes are registered: signed in, and those of one sandbox with its DTO as the answer. */
import type { IncomingMessage } from 'node:http'
import type { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import type { SandboxDto, SandboxListItem } from '@/lib/process-api/sandbox'
import { sendJson } from '../../http/reply'
import type { Handler, RequestContext, Routes } from '../../http/router'
import { requireKey } from '../access/credentials'
import type { EngineHosts } from '../access/host-check'
import { publicOrigin } from '../access/public-address'
import type { Sandbox } from '../sandbox/sandbox'
import { withoutLaterFields } from '../sandbox/sandbox-dto'
import type { Sandboxes } from '../sandboxes/sandboxes'
import type { Snapshots } from '../snapshots/snapshots'

export interface ApiOptions {
  readonly apiKey: string
  readonly sandboxes: Sandboxes
  readonly snapshots: Snapshots
  /** Host and port for requests that name none. */
  readonly authority: string
  readonly hosts: EngineHosts
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
type SandboxAct = (sandbox: Sandbox, context: RequestContext) => Promise<void> | void

export interface SignedInRoutes {
  on(method: Method, path: string, handler: Handler): void
  /** A route below `/api/sandbox/:id` that answers with the sandbox's DTO as it is afterwards. */
  onSandbox(method: Method, path: string, status: number, act: SandboxAct): void
}

export function signedInRoutes(routes: Routes, options: ApiOptions): SignedInRoutes {
  const on: SignedInRoutes['on'] = (method, path, handler) =>
    routes.route(method, path, (context) => {
      requireKey(context.request.headers, options.apiKey)
      return handler(context)
    })
  return {
    on,
    onSandbox: (method, path, status, act) =>
      on(method, `/api/sandbox/:id${path}`, async (context) => {
        const sandbox = requireSandbox(options.sandboxes, context)
        await act(sandbox, context)
        sendSandbox(context, status, sandbox, options)
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

/** The reference refuses ids with other characters before it looks for them. */
const longestName = 256

export function requireSandbox(sandboxes: Sandboxes, context: RequestContext): Sandbox {
  return sandboxes.require(context.param('id').slice(0, longestName))
}

/** A path parameter. Throws 400 naming it, or with the reference's words. */
export function readParameter<Schema extends z.ZodType>(
  schema: Schema,
  context: RequestContext,
  name: string,
  message?: string,
): z.output<Schema> {
  const parsed = schema.safeParse(context.param(name))
  if (parsed.success) return parsed.data
  throw new ApiError('BAD_REQUEST', message ?? `${name}: ${parsed.error.issues[0]?.message ?? 'not valid'}`)
}

/** Under the name that the client used, so that it works through whatever stands in between. */
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
