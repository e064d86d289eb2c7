/** `/toolbox/{sandboxId}/…`: resolves and authorises a toolbox request (process API 1.2). */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { isDecodable } from '@/lib/edge/request-target'
import { ApiError } from '@/lib/process-api/errors'
import { requireToolboxAccess } from '../access/credentials'
import { isSignedFileRequest, requireFileSignature } from '../access/file-signature'
import { type HeaderRules, toolboxHeaders } from '../access/proxy-headers'
import { decodeLoosely, portHeaders, withoutToken } from '../previews/port-headers'
import type { EnvironmentOwner } from '../sandbox/sandbox-environment'
import type { SandboxRecord } from '../sandbox/sandbox-record'
import type { ToolboxLink } from '../sandbox/toolbox-link'

import type { Visitors } from './visitors'

/** The part of a sandbox that the proxy needs. */
export interface ProxiedSandbox extends EnvironmentOwner {
  readonly record: Pick<
    SandboxRecord,
    'id' | 'name' | 'authToken' | 'signingKey' | 'public' | 'revokedPreviews' | 'env' | 'unsetEnv'
  >
  /** The connection to the running toolbox; waits while it starts. Rejects with an error for the client. */
  link(): Promise<Pick<ToolboxLink, 'options' | 'connect'>>
  /** Throws when this many more bytes would exceed the reserve of the disk. */
  requireDiskRoom(bytes: number): void
  /** Serve a read request of a stopped sandbox from its files. Returns false when that is not possible. */
  serveFromDisk(request: IncomingMessage, response: ServerResponse, url: string): Promise<boolean>
  upgradeFromDisk(request: IncomingMessage, socket: Duplex, head: Buffer, url: string): boolean
  noteActivity(): void
}

export interface ProxyOptions {
  readonly apiKey: string
  /** Pages of sandboxes may be served under the host name of the engine. */
  readonly sharedPages: boolean
  readonly visitors: Visitors
  find(id: string): ProxiedSandbox | undefined
}

export interface ProxyTarget {
  readonly sandbox: ProxiedSandbox
  /** Path and query at the toolbox, as the client sent them, without the token. */
  readonly url: string
  readonly headers: HeaderRules
}

/** Throws 401 before anything about a sandbox is revealed, then 404. */
export function resolveTarget(options: ProxyOptions, request: IncomingMessage): ProxyTarget {
  const [path = '', search = ''] = splitAtFirst(request.url ?? '/', '?')
  const [, , id = '', ...rest] = path.split('/')
  const own = rest.length === 0 ? '' : `/${rest.join('/')}`
  const sandbox = options.find(id)
  const query = new URLSearchParams(search)
  const isSigned = isSignedFileRequest(request.method, own, query)
  if (isSigned) requireFileSignature(request.method, own, query, sandbox?.record.signingKey ?? null, Date.now() / 1000)
  else requireToolboxAccess(request.headers, query, options.apiKey, sandbox?.record.authToken ?? null)
  if (!sandbox) throw new ApiError('NOT_FOUND', `there is no sandbox ${id.slice(0, 64)}`)
  const url = withoutToken(search === '' ? own : `${own}?${search}`)
  return toolboxTarget(options, request, sandbox, isSigned ? withoutSignature(url) : url, {
    prefix: `/toolbox/${sandbox.record.id}`,
    ownHost: false,
  })
}

/**
 * A request for the toolbox itself. Throws 404 for routes that clients may not use.
 * @param url path and query at the toolbox
 * @param outside the public location of the toolbox's paths
 */
export function toolboxTarget(
  { apiKey, sharedPages }: ProxyOptions,
  request: IncomingMessage,
  sandbox: ProxiedSandbox,
  url: string,
  outside: { prefix: string; ownHost: boolean },
): ProxyTarget {
  const [raw = ''] = url.split('?')
  const path = routedPath(raw)
  // Internal routes are for the engine alone.
  if (path === '' || path === '/' || isInternal(path)) throw new ApiError('NOT_FOUND', 'not found')
  const port = /^\/proxy\/(\d{1,5})(\/|$)/.exec(raw)?.[1]
  if (port === undefined) return { sandbox, url, headers: toolboxHeaders(outside.prefix) }
  const prefix = `${outside.prefix}/proxy/${port}`
  return {
    sandbox,
    url,
    headers: portHeaders({ request, apiKey, port: Number(port), prefix, ownHost: outside.ownHost, sharedPages }),
  }
}

function isInternal(path: string): boolean {
  return /^\/+internal(\/|$)/i.test(path)
}

/** Encoded letters, digits and marks that need no encoding: they could disguise one of our paths. */
const needlesslyEncoded = /%(?:3\d|[46][1-9a-f]|[57][\da]|2[de]|[46]f|5f|7e)/i

/**
 * The path that the toolbox's router will see. Throws 400 when the two might disagree: for invalid encoding, for a
 * fragment, which the router cuts off, and for needless encoding.
 */
function routedPath(raw: string): string {
  // The program alone interprets what follows the port.
  if (/^\/proxy\/\d{1,5}(\/|$)/.test(raw)) return raw
  if (!isDecodable(raw) || needlesslyEncoded.test(raw) || /[#\\;]/.test(decodeURIComponent(raw))) {
    throw new ApiError('BAD_REQUEST', 'the request target is not a valid path')
  }
  return decodeURIComponent(raw)
}

/** The toolbox does not need the signature, and what is not forwarded cannot leak. */
function withoutSignature(url: string): string {
  const [path = '', search = ''] = splitAtFirst(url, '?')
  const remaining = search.split('&').filter((part) => !/^(signature|expires)(=|$)/.test(decodeLoosely(part)))
  return `${path}?${remaining.join('&')}`
}

function splitAtFirst(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
