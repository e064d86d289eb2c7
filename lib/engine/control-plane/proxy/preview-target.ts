/**
 * `{port}-{sandboxId or signed token}.{domain}`: resolves and authorises a preview request (process API 1.2).
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
} from '../previews/preview-cookie'
import { readSignedPreview } from '../previews/signed-preview'
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
  const requested = pathAndQuery(request.url ?? '/')
  const { sandbox, grantedBy, cookie, isVisitor = false } = requirePreviewAccess(options, preview, request, requested)
  if (!sandbox) throw new ApiError('NOT_FOUND', `there is no sandbox ${preview.label}`)
  const url = withoutToken(requested)
  const target =
    preview.port === toolboxPort
      ? toolboxTarget(options, request, sandbox, url, { prefix: '', ownHost: true })
      : {
          sandbox,
          url: `/proxy/${preview.port}${url}`,
          headers: portHeaders({ ...options, request, port: preview.port, prefix: '', ownHost: true }),
        }
  const address = `${protocolOf(request)}://${request.headers.host}${url}`
  return {
    ...target,
    headers: cookie === null ? target.headers : withCookie(target.headers, cookie),
    cookie,
    cleanAddress: grantedBy === 'query' && opensPage(request) ? address : null,
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

function requirePreviewAccess(
  { apiKey, find }: ProxyOptions,
  preview: PreviewHost,
  request: IncomingMessage,
  url: string,
): Access {
  const now = Date.now() / 1000
  const { headers } = request
  const signed = readSignedPreview(apiKey, preview.label, preview.port)
  const isId = engineSandboxIdSchema.safeParse(preview.label).success
  const sandbox = find(signed?.sandboxId ?? (isId ? preview.label : ''))
  const isRevoked = sandbox?.record.revokedPreviews.some(({ token }) => token === signed?.token) ?? false
  const query = new URLSearchParams(url.split('?').slice(1).join('?'))
  const credentials = credentialsOf(headers, query, apiKey, sandbox?.record.authToken ?? null)
  if (sandbox?.record.public && isId && !alwaysPrivatePorts.has(preview.port)) {
    return { sandbox, grantedBy: 'public', cookie: null, isVisitor: !credentials.some(({ valid }) => valid) }
  }
  const secret = signed?.token ?? sandbox?.record.authToken ?? null
  const cookieOptions: PreviewCookieOptions | null =
    secret === null || isRevoked ? null : { key: apiKey, preview, secret }
  const freshCookie = () =>
    cookieOptions && previewCookie(cookieOptions, Math.floor(now), protocolOf(request) === 'https')
  const first = credentials.find(({ valid }) => valid)
  if (first) return { sandbox, grantedBy: first.kind, cookie: first.kind === 'query' ? freshCookie() : null }
  const problems = credentials.map(({ problem }) => problem)
  if (hasAnyPreviewCookie(headers.cookie, preview)) {
    const isValid =
      cookieOptions !== null && isOwnPageOrNavigation(request) && hasPreviewCookie(headers.cookie, cookieOptions, now)
    if (isValid) return { sandbox, grantedBy: 'cookie', cookie: null }
    problems.push('Cookie is invalid')
  }
  if (sandbox && signed && !isRevoked && now < signed.expires)
    return { sandbox, grantedBy: 'signed', cookie: freshCookie() }
  if (!isId) problems.push('Signed preview token is invalid or expired')
  throw accessError(problems)
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
