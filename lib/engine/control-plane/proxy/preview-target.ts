/**
 * `{port}-{sandboxId or signed token}.{domain}`, or an address of the loopback: resolves and authorises a preview request (process API 1.2).
 */
import type { IncomingMessage } from 'node:http'
import { ApiError } from '@/lib/process-api/errors'
import { engineSandboxIdSchema } from '@/lib/process-api/ids'
import { alwaysPrivatePorts, toolboxPort } from '@/lib/process-api/previews'
import { accessError, credentialsOf } from '../access/credentials'
import type { PreviewHost } from '../access/host-check'
import type { HeaderRules } from '../access/proxy-headers'
import { ownOrigin, protocolOf } from '../access/public-address'
import { portHeaders, withoutToken } from '../previews/port-headers'
import {
  hasAnyPreviewCookie,
  hasPreviewCookie,
  type PreviewCookieOptions,
  previewCookie,
  previewCookieLabels,
} from '../previews/preview-cookie'
import { type SplitPath, splitSignedPath } from '../previews/signed-path'
import { readSignedPreview, type SignedPreview } from '../previews/signed-preview'
import { type ProxiedSandbox, type ProxyOptions, type ProxyTarget, toolboxTarget } from './proxy-target'

export interface PreviewTarget extends ProxyTarget {
  /** A `Set-Cookie` line that keeps the preview open; null when not needed. `headers` adds it as well. */
  readonly cookie: string | null
  /** The same page without a token in its URL; null when there is no token or no browser navigates to it. */
  readonly cleanAddress: string | null
  /** The preview is public, and the request has no valid key or token. */
  readonly isVisitor: boolean
}

/** Throws 401 before anything about a sandbox is revealed, then 404. */
export function resolvePreview(options: ProxyOptions, preview: PreviewHost, request: IncomingMessage): PreviewTarget {
  const whole = pathAndQuery(request.url ?? '/')
  const { token, prefix, url: requested } = preview.isAddress ? splitSignedPath(whole) : withoutPrefix(whole)
  const access = requirePreviewAccess(options, { preview, request, url: requested, pathToken: token })
  const { sandbox, grantedBy, cookie, isVisitor = false } = access
  if (!sandbox) throw new ApiError('NOT_FOUND', `there is no sandbox ${preview.label}`)
  const url = withoutToken(requested)
  const target =
    preview.port === toolboxPort
      ? toolboxTarget(options, request, sandbox, url, { prefix, ownHost: true })
      : {
          sandbox,
          url: `/proxy/${preview.port}${url}`,
          headers: portHeaders({ ...options, request, port: preview.port, prefix, ownHost: true }),
        }
  const address = `${protocolOf(request)}://${request.headers.host}${url}`
  return {
    ...target,
    headers: cookie === null ? target.headers : withCookie(target.headers, cookie),
    cookie,
    cleanAddress: (grantedBy === 'query' || prefix !== '') && opensPage(request) ? address : null,
    isVisitor,
  }
}

function withCookie(headers: HeaderRules, cookie: string): HeaderRules {
  return {
    ...headers,
    toClient: (rawHeaders, reflectsOrigin) => [...headers.toClient(rawHeaders, reflectsOrigin), ['Set-Cookie', cookie]],
  }
}

interface Access {
  sandbox: ProxiedSandbox | undefined
  /** The credential that granted access. */
  grantedBy: 'public' | 'bearer' | 'header' | 'query' | 'cookie' | 'signed'
  cookie: string | null
  isVisitor?: boolean
}

interface PreviewRequest {
  readonly preview: PreviewHost
  readonly request: IncomingMessage
  /** Without a token at its start. */
  readonly url: string
  /** The token at the start of the path, for an address; null when there is none. */
  readonly pathToken: string | null
}

function requirePreviewAccess(options: ProxyOptions, asked: PreviewRequest): Access {
  const { apiKey, find } = options
  const { preview, request, url, pathToken } = asked
  const { label, port, isAddress } = preview
  const now = Date.now() / 1000
  const { headers } = request
  const signed = signedFor(apiKey, preview, isAddress ? pathToken : label)
  const isId = engineSandboxIdSchema.safeParse(label).success
  const sandbox = find(signed?.sandboxId ?? (isId ? label : ''))
  const isValidLink = signed !== null && !isRevoked(sandbox, signed.token)
  const query = new URLSearchParams(url.split('?').slice(1).join('?'))
  const credentials = credentialsOf(headers, query, apiKey, sandbox?.record.authToken ?? null)
  if (sandbox?.record.public && isId && !alwaysPrivatePorts.has(port)) {
    return { sandbox, grantedBy: 'public', cookie: null, isVisitor: !credentials.some(({ valid }) => valid) }
  }
  const cookieOptions = cookieOptionsOf(options, preview, sandbox, signed)
  const freshCookie = () =>
    cookieOptions && previewCookie(cookieOptions, Math.floor(now), protocolOf(request) === 'https')
  const first = credentials.find(({ valid }) => valid)
  if (first) return { sandbox, grantedBy: first.kind, cookie: first.kind === 'query' ? freshCookie() : null }
  const problems = credentials.map(({ problem }) => problem)
  const cookies = [cookieOptions, ...signedCookiesOf(options, asked, sandbox)]
  if (hasAnyPreviewCookie(headers.cookie, preview) || cookies.length > 1) {
    const isValid = cookies.some((cookie) => cookie !== null && hasPreviewCookie(headers.cookie, cookie, now))
    if (isValid && isOwnPageOrNavigation(request)) return { sandbox, grantedBy: 'cookie', cookie: null }
    problems.push('Cookie is invalid')
  }
  if (sandbox && isValidLink && now < signed.expires) return { sandbox, grantedBy: 'signed', cookie: freshCookie() }
  if (!isId || pathToken !== null) problems.push('Signed preview token is invalid or expired')
  throw accessError(problems)
}

/** The cookie that this request may set and use; null when there is nothing that it could depend on. */
function cookieOptionsOf(
  { apiKey }: ProxyOptions,
  preview: PreviewHost,
  sandbox: ProxiedSandbox | undefined,
  signed: SignedPreview | null,
): PreviewCookieOptions | null {
  if (signed === null) return sandbox ? { key: apiKey, preview, secret: sandbox.record.authToken } : null
  if (isRevoked(sandbox, signed.token)) return null
  return { key: apiKey, preview: { port: preview.port, label: signed.token }, secret: signed.token }
}

/** At an address: the cookies that signed links have set, whose path no longer has the token. */
function signedCookiesOf(
  { apiKey }: ProxyOptions,
  { preview, request }: PreviewRequest,
  sandbox: ProxiedSandbox | undefined,
): PreviewCookieOptions[] {
  if (!preview.isAddress) return []
  return previewCookieLabels(request.headers.cookie)
    .filter((token) => signedFor(apiKey, preview, token) !== null && !isRevoked(sandbox, token))
    .map((token) => ({ key: apiKey, preview: { port: preview.port, label: token }, secret: token }))
}

function isRevoked(sandbox: ProxiedSandbox | undefined, signedToken: string): boolean {
  return sandbox?.record.revokedPreviews.some(({ token }) => token === signedToken) ?? false
}

/** A token for this port and, at an address, for this sandbox. */
function signedFor(
  apiKey: string,
  { port, label, isAddress }: PreviewHost,
  token: string | null,
): SignedPreview | null {
  const signed = token === null ? null : readSignedPreview(apiKey, token, port)
  return signed === null || (isAddress && signed.sandboxId !== label) ? null : signed
}

function withoutPrefix(url: string): SplitPath {
  return { token: null, prefix: '', url }
}

/**
 * Browsers send the cookie with requests of any page, so it is only valid for the preview's own pages and for navigation.
 * Other programs send none of these headers.
 */
function isOwnPageOrNavigation({ method, headers }: IncomingMessage): boolean {
  const { origin } = headers
  if (origin !== undefined && origin !== ownOrigin({ headers })) return false
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return true
  return headers['sec-fetch-mode'] === 'navigate' && (method === 'GET' || method === 'HEAD')
}

/** A browser navigates to the page, so it accepts a cookie and a redirect. */
function opensPage({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
}

/** Clients that use a proxy send absolute URLs. */
function pathAndQuery(url: string): string {
  const path = url.replace(/^https?:\/\/[^/?#]*/i, '')
  if (path.startsWith('/')) return path
  if (path === '' || path.startsWith('?')) return `/${path}`
  throw new ApiError('BAD_REQUEST', 'the request target has no path')
}
