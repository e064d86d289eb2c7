/** `/toolbox/{sandboxId}/…`: whom a request is for, and whether it may pass (process API 1.2). */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { ApiError } from '@/lib/process-api/errors'
import { previewTokenQuery, requireToolboxAccess } from './credentials'
import type { ToolboxLink } from './toolbox-link'

/** What the proxy needs of a sandbox. */
export interface ProxiedSandbox {
  readonly record: { readonly id: string; readonly name: string; readonly authToken: string }
  /** The way to the running toolbox, waited for while it starts. Rejects with what a client should be told. */
  link(): Promise<Pick<ToolboxLink, 'options' | 'connect'>>
  /** Answer a read of a sandbox that does not run from its files; false where that cannot be done. */
  answerFromDisk(request: IncomingMessage, response: ServerResponse, url: string): Promise<boolean>
  upgradeFromDisk(request: IncomingMessage, socket: Duplex, head: Buffer, url: string): boolean
  noteActivity(): void
}

export interface ProxyOptions {
  readonly apiKey: string
  find(id: string): ProxiedSandbox | undefined
}

export interface ProxyTarget {
  readonly sandbox: ProxiedSandbox
  /** The toolbox's own path and query, as the client wrote them, without the token. */
  readonly url: string
  /** What stands before the toolbox's own paths on the outside. */
  readonly prefix: string
}

/** Throws 401 before anything is told of a sandbox, then 404. */
export function openTarget(options: ProxyOptions, request: IncomingMessage): ProxyTarget {
  const [path = '', search = ''] = splitAtFirst(request.url ?? '/', '?')
  const [, , id = '', ...rest] = path.split('/')
  const own = rest.length === 0 ? '' : `/${rest.join('/')}`
  const sandbox = options.find(id)
  requireToolboxAccess(request.headers, new URLSearchParams(search), options.apiKey, sandbox?.record.authToken ?? null)
  if (!sandbox) throw new ApiError('NOT_FOUND', `there is no sandbox ${id.slice(0, 64)}`)
  // The engine's own conversation with its toolboxes is nobody else's.
  if (own === '' || own === '/' || isInternal(own)) throw new ApiError('NOT_FOUND', 'not found')
  const query = withoutToken(search)
  return { sandbox, url: query === '' ? own : `${own}?${query}`, prefix: `/toolbox/${sandbox.record.id}` }
}

function isInternal(path: string): boolean {
  return /^\/+internal(\/|$)/i.test(decodeLoosely(path))
}

/** Everything else stays as it was written: decoding and encoding again could change it. */
function withoutToken(search: string): string {
  return search
    .split('&')
    .filter((part) => decodeLoosely(part.split('=')[0] ?? '') !== previewTokenQuery)
    .join('&')
}

function splitAtFirst(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function decodeLoosely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // No proper encoding: the toolbox will not read it as anything else either.
    return text
  }
}
