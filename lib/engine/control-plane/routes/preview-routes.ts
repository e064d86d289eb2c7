/** The control plane's routes for previews and signed links (process API 3.4, 5.9): who may see a port, and by which link. */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiError } from '@/lib/process-api/errors'
import { linkOperations } from '@/lib/process-api/operations/previews'
import { secretsEqual } from '../access/credentials'
import { ownOriginOr, publicOrigin } from '../access/public-address'
import { previewCookieSeconds } from '../previews/preview-cookie'
import { readSignedPreview, type SignedPreview, signPreview } from '../previews/signed-preview'
import type { Sandbox } from '../sandbox/sandbox'
import { type ApiOptions, type AuthenticatedRoutes, requireSandbox } from './authenticated-routes'

export function registerPreviews(signedIn: AuthenticatedRoutes, options: ApiOptions): void {
  const { sandboxes, apiKey } = options
  const on: AuthenticatedRoutes['on'] = (operation, handler) =>
    signedIn.on(operation, (request) => {
      // Every response is or contains a secret.
      request.response.setHeader('Cache-Control', 'no-store')
      return handler(request)
    })
  const sandboxOf = (params: { readonly id: string }) => requireSandbox(sandboxes, params)

  on(linkOperations.getPreviewUrl, async ({ params, request, reply }) => {
    const sandbox = sandboxOf(params)
    const { record } = sandbox
    const url = await linkTo(request, options, params.port, sandbox)
    reply(200, { sandboxId: record.id, url, token: record.authToken })
  })

  on(linkOperations.getSignedPreviewUrl, async ({ params, query, request, reply }) => {
    const sandbox = sandboxOf(params)
    const { record } = sandbox
    const { port } = params
    const expires = Math.ceil(Date.now() / 1000) + query.expiresInSeconds
    const { token } = signPreview(apiKey, record.id, port, expires)
    const own = ownOriginOr(request, options.authority)
    const address = query.form === 'name' ? null : await options.addresses.originFor(request, own, sandbox, port)
    const url = address === null ? options.hosts.previewOrigin(own, `${port}-${token}`) : `${address}/~${token}`
    if (url === null) {
      throw new ApiError(
        'BAD_REQUEST',
        'a signed link needs a host name of its own: set SANDGLASS_PREVIEW_HOSTS to a domain for previews',
      )
    }
    reply(200, { sandboxId: record.id, port, token, url })
  })

  on(linkOperations.expireSignedPreviewUrl, ({ params, reply }) => {
    const sandbox = sandboxOf(params)
    const signed = readSignedPreview(apiKey, params.token, params.port)
    if (signed?.sandboxId !== sandbox.record.id) {
      throw new ApiError('NOT_FOUND', 'this sandbox and port have no such signed preview URL')
    }
    revoke(sandbox, signed)
    reply(201)
  })

  on(linkOperations.getSigningKey, ({ params, response }) => {
    sendText(response, 200, signingKeyOf(sandboxOf(params)))
  })
  on(linkOperations.rotateSigningKey, ({ params, response }) => {
    sendText(response, 201, newSigningKey(sandboxOf(params)))
  })

  on(linkOperations.isPreviewPublic, ({ params, reply }) => {
    const { record } = sandboxOf(params)
    if (!record.public) throw notFound(record.id)
    reply(200, true)
  })
  on(linkOperations.validatePreviewToken, ({ params, reply }) => {
    const { record } = sandboxOf(params)
    if (!secretsEqual(params.token, record.authToken)) throw notFound(record.id)
    reply(200, true)
  })
  on(linkOperations.hasPreviewAccess, ({ params, reply }) => {
    sandboxOf(params)
    reply(200, true)
  })
  on(linkOperations.getPreviewSigningKey, ({ params, response }) => {
    sendText(response, 200, signingKeyOf(sandboxOf(params)))
  })
  on(linkOperations.getPreviewWarning, ({ params, query, reply }) => {
    const { port } = query
    if (port === undefined) sandboxOf(params)
    else sandboxes.require(validSandboxId(options, params.id, port))
    // There is no interstitial page.
    reply(200, { enabled: false })
  })
  on(linkOperations.getSandboxOfSignedPreview, ({ params, response }) => {
    sendText(response, 200, validSandboxId(options, params.token, params.port))
  })
}

/**
 * At an address or a host name of its own, or by path if there is neither: programs can read that, browsers do not display
 * it.
 */
async function linkTo(
  request: IncomingMessage,
  { authority, hosts, addresses }: ApiOptions,
  port: number,
  sandbox: Sandbox,
): Promise<string> {
  const { id } = sandbox.record
  const own = ownOriginOr(request, authority)
  const origin = (await addresses.originFor(request, own, sandbox, port)) ?? hosts.previewOrigin(own, `${port}-${id}`)
  return origin ?? `${publicOrigin(request, authority)}/toolbox/${id}/proxy/${port}/`
}

/** The sandbox that a signed token stands for. Throws 403 if it is invalid, expired or revoked. */
function validSandboxId({ apiKey, sandboxes }: ApiOptions, token: string, port: number): string {
  const signed = readSignedPreview(apiKey, token, port)
  const record = signed && sandboxes.findById(signed.sandboxId)?.record
  const isRevoked = record?.revokedPreviews.some((revoked) => revoked.token === token) ?? true
  if (!signed || isRevoked || now() >= signed.expires) throw new ApiError('FORBIDDEN', 'Invalid or expired token')
  return signed.sandboxId
}

/** Stored as long as the token or a cookie set from it would still be valid. */
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

function notFound(id: string): ApiError {
  return new ApiError('NOT_FOUND', `Sandbox with ID ${id} not found`)
}

/** Unix seconds. */
function now(): number {
  return Math.floor(Date.now() / 1000)
}
