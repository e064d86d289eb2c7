/**
 * `{port}-{sandboxId or signed token}.{domain}`: which port of which sandbox a request is for, and whether it may pass
 * (process API 1.2).
 */
import type { IncomingMessage } from 'node:http'
import { ApiError } from '@/lib/process-api/errors'
import { sandboxIdSchema } from '@/lib/process-api/ids'
import { alwaysPrivatePorts, toolboxPort } from '@/lib/process-api/previews'
import { givenCredentials, missingAccess } from '../access/credentials'
import type { PreviewHost } from '../access/host-check'
import type { HeaderRules } from '../access/proxy-headers'
import { ownOrigin, protocolOf } from '../access/public-address'
import { portHeaders, withoutToken } from '../previews/port-headers'
import {
  bringsPreviewCookie,
  hasPreviewCookie,
  type PreviewCookieOptions,
  previewCookie,
} from '../previews/preview-cookie'
import { readSignedPreview } from '../previews/signed-preview'
import { type ProxiedSandbox, type ProxyOptions, type ProxyTarget, toolboxTarget } from './proxy-target'

export interface PreviewTarget extends ProxyTarget {
  /** A `Set-Cookie` line that keeps the preview open, null where the request needs none; `headers` adds it as well. */
  readonly cookie: string | null
  /** The same page at an address without a token; null where the address has none or a browser does not go to it. */
  readonly cleanAddress: string | null
}

/** Throws 401 before anything is told of a sandbox, then 404. */
export function openPreview(options: ProxyOptions, preview: PreviewHost, request: IncomingMessage): PreviewTarget {
  const given = pathAndQuery(request.url ?? '/')
  const { sandbox, entered, cookie } = requirePreviewAccess(options, preview, request, given)
  if (!sandbox) throw new ApiError('NOT_FOUND', `there is no sandbox ${preview.label}`)
  const url = withoutToken(given)
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
    cleanAddress: entered === 'query' && opensPage(request) ? address : null,
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
  /** What let the request in. */
  entered: 'public' | 'bearer' | 'header' | 'query' | 'cookie' | 'signed'
  cookie: string | null
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
  const isId = sandboxIdSchema.safeParse(preview.label).success
  const sandbox = find(signed?.sandboxId ?? (isId ? preview.label : ''))
  const isRevoked = sandbox?.record.revokedPreviews.some(({ token }) => token === signed?.token) ?? false
  if (sandbox?.record.public && isId && !alwaysPrivatePorts.has(preview.port)) {
    return { sandbox, entered: 'public', cookie: null }
  }
  const query = new URLSearchParams(url.split('?').slice(1).join('?'))
  const given = givenCredentials(headers, query, apiKey, sandbox?.record.authToken ?? null)
  const secret = signed?.token ?? sandbox?.record.authToken ?? null
  const cookieOptions: PreviewCookieOptions | null =
    secret === null || isRevoked ? null : { key: apiKey, preview, secret }
  const freshCookie = () =>
    cookieOptions && previewCookie(cookieOptions, Math.floor(now), protocolOf(request) === 'https')
  const first = given.find(({ valid }) => valid)
  if (first) return { sandbox, entered: first.kind, cookie: first.kind === 'query' ? freshCookie() : null }
  const refusals = given.map(({ refusal }) => refusal)
  if (bringsPreviewCookie(headers.cookie, preview)) {
    const counts = cookieOptions !== null && isOwnPage(request) && hasPreviewCookie(headers.cookie, cookieOptions, now)
    if (counts) return { sandbox, entered: 'cookie', cookie: null }
    refusals.push('Cookie is invalid')
  }
  if (sandbox && signed && !isRevoked && now < signed.expires)
    return { sandbox, entered: 'signed', cookie: freshCookie() }
  if (!isId) refusals.push('Signed preview token is invalid or expired')
  throw missingAccess(refusals)
}

/**
 * A browser adds the cookie to whatever page asks, so it counts only for the preview's own pages, and for a person who
 * opens a link. Other programs send none of these headers.
 */
function isOwnPage({ method, headers }: IncomingMessage): boolean {
  const { origin } = headers
  if (origin !== undefined && origin !== ownOrigin({ headers })) return false
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return true
  return headers['sec-fetch-mode'] === 'navigate' && (method === 'GET' || method === 'HEAD')
}

/** A person's browser goes to the page, so that it takes a cookie and can be sent to another address. */
function opensPage({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
}

/** Clients of proxies name the whole address. */
function pathAndQuery(url: string): string {
  const path = url.replace(/^https?:\/\/[^/?#]*/i, '')
  if (path.startsWith('/')) return path
  if (path === '' || path.startsWith('?')) return `/${path}`
  throw new ApiError('BAD_REQUEST', 'the request names no path')
}
