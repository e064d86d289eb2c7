/** The control plane's routes for previews and signed links (process API 3.4, 5.9): who may see a port, and by which link. */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiError } from '@/lib/process-api/errors'
import { portNumberSchema } from '@/lib/process-api/ports'
import { type PreviewWarning, type SignedPreviewUrl, signedPreviewQuerySchema } from '@/lib/process-api/previews'
import type { PreviewUrl } from '@/lib/process-api/sandbox'
import { sendEmpty, sendJson } from '../../http/reply'
import type { Handler, RequestContext } from '../../http/router'
import { secretsEqual } from '../access/credentials'
import { ownOriginOr, publicOrigin } from '../access/public-address'
import { previewCookieSeconds } from '../previews/preview-cookie'
import { readSignedPreview, type SignedPreview, signPreview } from '../previews/signed-preview'
import type { Sandbox } from '../sandbox/sandbox'
import { type ApiOptions, readParameter, requireSandbox, type SignedInRoutes } from './signed-in-routes'

export function registerPreviews(signedIn: SignedInRoutes, options: ApiOptions): void {
  const { sandboxes, apiKey } = options
  const on = (method: 'GET' | 'POST', path: string, handler: Handler) =>
    signedIn.on(method, path, (context) => {
      // Every answer is or tells a secret.
      context.response.setHeader('Cache-Control', 'no-store')
      return handler(context)
    })
  const sandboxOf = (context: RequestContext) => requireSandbox(sandboxes, context)

  on('GET', '/api/sandbox/:id/ports/:port/preview-url', (context) => {
    const { record } = sandboxOf(context)
    const port = portOf(context)
    const url = linkTo(context.request, options, port, record.id)
    const answer: PreviewUrl = { sandboxId: record.id, url, token: record.authToken }
    sendJson(context.response, 200, answer)
  })

  on('GET', '/api/sandbox/:id/ports/:port/signed-preview-url', (context) => {
    const { record } = sandboxOf(context)
    const port = portOf(context)
    const query = signedPreviewQuerySchema.safeParse(Object.fromEntries(context.query))
    if (!query.success) throw new ApiError('BAD_REQUEST', 'expiresInSeconds must be between 1 second and 24 hours')
    const expires = Math.ceil(Date.now() / 1000) + query.data.expiresInSeconds
    const { token } = signPreview(apiKey, record.id, port, expires)
    const url = options.hosts.previewOrigin(ownOriginOr(context.request, options.authority), `${port}-${token}`)
    if (url === null) {
      throw new ApiError(
        'BAD_REQUEST',
        'a signed link needs a host name of its own: set SANDGLASS_PREVIEW_HOSTS to a domain for previews',
      )
    }
    const answer: SignedPreviewUrl = { sandboxId: record.id, port, token, url }
    sendJson(context.response, 200, answer)
  })

  on('POST', '/api/sandbox/:id/ports/:port/signed-preview-url/:token/expire', (context) => {
    const sandbox = sandboxOf(context)
    const signed = readSignedPreview(apiKey, context.param('token'), portOf(context))
    if (signed?.sandboxId !== sandbox.record.id) {
      throw new ApiError('NOT_FOUND', 'this sandbox and port have no such signed preview URL')
    }
    revoke(sandbox, signed)
    sendEmpty(context.response, 201)
  })

  on('GET', '/api/sandbox/:id/signing-key', (context) => {
    sendText(context.response, 200, signingKeyOf(sandboxOf(context)))
  })
  on('POST', '/api/sandbox/:id/signing-key/rotate', (context) => {
    sendText(context.response, 201, newSigningKey(sandboxOf(context)))
  })

  on('GET', '/api/preview/:id/public', (context) => {
    const { record } = sandboxOf(context)
    if (!record.public) throw notFound(record.id)
    sendJson(context.response, 200, true)
  })
  on('GET', '/api/preview/:id/validate/:token', (context) => {
    const { record } = sandboxOf(context)
    if (!secretsEqual(context.param('token'), record.authToken)) throw notFound(record.id)
    sendJson(context.response, 200, true)
  })
  on('GET', '/api/preview/:id/access', (context) => {
    sandboxOf(context)
    sendJson(context.response, 200, true)
  })
  on('GET', '/api/preview/:id/signing-key', (context) => {
    sendText(context.response, 200, signingKeyOf(sandboxOf(context)))
  })
  on('GET', '/api/preview/:id/preview-warning', (context) => {
    const port = context.query.get('port')
    if (port === null) sandboxOf(context)
    else sandboxes.require(validSandboxId(options, context.param('id'), readPort(port)))
    // No page stands before a preview here.
    sendJson(context.response, 200, { enabled: false } satisfies PreviewWarning)
  })
  on('GET', '/api/preview/:token/:port/sandbox-id', (context) => {
    sendText(context.response, 200, validSandboxId(options, context.param('token'), portOf(context)))
  })
}

/** On a host name of its own; by the path where there is none, which programs can read and browsers are not shown. */
function linkTo(request: IncomingMessage, { authority, hosts }: ApiOptions, port: number, id: string): string {
  const origin = hosts.previewOrigin(ownOriginOr(request, authority), `${port}-${id}`)
  return origin ?? `${publicOrigin(request, authority)}/toolbox/${id}/proxy/${port}/`
}

/** The sandbox that a signed token stands for. Throws 403 for one that does not count (any more). */
function validSandboxId({ apiKey, sandboxes }: ApiOptions, token: string, port: number): string {
  const signed = readSignedPreview(apiKey, token, port)
  const record = signed && sandboxes.findById(signed.sandboxId)?.record
  const isRevoked = record?.revokedPreviews.some((revoked) => revoked.token === token) ?? true
  if (!signed || isRevoked || now() >= signed.expires) throw new ApiError('FORBIDDEN', 'Invalid or expired token')
  return signed.sandboxId
}

/** Kept until neither the token nor a cookie that it brought would count by themselves. */
function revoke(sandbox: Sandbox, { token, expires }: SignedPreview): void {
  const kept = sandbox.record.revokedPreviews.filter((it) => it.until > now() && it.token !== token)
  sandbox.updateQuietly({ revokedPreviews: [...kept, { token, until: expires + previewCookieSeconds }] })
}

function signingKeyOf(sandbox: Sandbox): string {
  return sandbox.record.signingKey ?? newSigningKey(sandbox)
}

function newSigningKey(sandbox: Sandbox): string {
  const signingKey = `fsk_${randomBytes(24).toString('hex')}`
  sandbox.updateQuietly({ signingKey })
  return signingKey
}

/** As plain text, which generated clients of every language read as the string itself. */
function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

function portOf(context: RequestContext): number {
  return readParameter(portNumberSchema, context, 'port', 'Invalid port')
}

function readPort(text: string): number {
  const port = portNumberSchema.safeParse(text)
  if (!port.success) throw new ApiError('BAD_REQUEST', 'Invalid port')
  return port.data
}

function notFound(id: string): ApiError {
  return new ApiError('NOT_FOUND', `Sandbox with ID ${id} not found`)
}

/** Unix seconds. */
function now(): number {
  return Math.floor(Date.now() / 1000)
}
