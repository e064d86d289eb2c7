/** `/toolbox/{sandboxId}/…`: check, then pass on, as bytes and in both directions (process API 1.2). */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream'
import { ApiError } from '@/lib/process-api/errors'
import { sendError } from '../toolbox/http/reply'
import { previewTokenHeader, previewTokenQuery, requireToolboxAccess } from './credentials'
import type { Sandbox } from './sandbox'
import { writeUpgradeError } from './upgrade-error'

/** Headers of one hop; everything else goes through. */
const hopHeaders = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']
const skipActivity = 'x-daytona-skip-last-activity-update'
/** While something is open the sandbox counts as active; the reference reports so often. */
const activityMs = 50_000

export interface ProxyOptions {
  readonly apiKey: string
  find(id: string): Sandbox | undefined
}

interface Target {
  sandbox: Sandbox
  /** The toolbox's own path with its query. */
  url: string
  path: string
}

/** Answer one HTTP request below `/toolbox/`; never rejects. */
export async function proxyRequest(
  options: ProxyOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const about = { method: request.method ?? 'GET', path: pathOf(request.url) }
  try {
    const target = openTarget(options, request)
    about.path = target.path
    if (target.sandbox.state !== 'started' && (await target.sandbox.answerFromDisk(request, response, target.url)))
      return
    const link = target.sandbox.requireLink()
    const release = trackActivity(target.sandbox, request)
    response.once('close', release)
    await passOn(target, link.options, request, response)
  } catch (error) {
    request.resume()
    sendError(response, error, about, 'DAYTONA_PROXY')
  }
}

/** Pass an upgrade on: after the request's head both sides are bytes, so back-pressure is that of the sockets. */
export function proxyUpgrade(options: ProxyOptions, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.on('error', () => socket.destroy())
  let target: Target
  try {
    target = openTarget(options, request)
    if (target.sandbox.state !== 'started' && target.sandbox.upgradeFromDisk(request, socket, head, target.url)) return
    target.sandbox.requireLink()
  } catch (error) {
    writeUpgradeError(socket, request, error, 'DAYTONA_PROXY')
    return
  }
  const release = trackActivity(target.sandbox, request)
  const upstream = target.sandbox.requireLink().connect()
  let connected = false
  upstream.setNoDelay(true)
  upstream.once('connect', () => {
    connected = true
    const headers = forwardedHeaders(request, true)
    const lines = [`${request.method} ${target.url} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)]
    upstream.write(`${lines.join('\r\n')}\r\n\r\n`)
    if (head.length > 0) upstream.write(head)
    upstream.pipe(socket)
    socket.pipe(upstream)
  })
  const end = () => {
    upstream.destroy()
    socket.destroy()
    release()
  }
  upstream.once('error', () => {
    if (connected) return end()
    writeUpgradeError(socket, request, unreachable(target.sandbox), 'DAYTONA_PROXY')
    release()
  })
  upstream.once('close', end)
  socket.once('close', end)
}

function openTarget(options: ProxyOptions, request: IncomingMessage): Target {
  const url = new URL(request.url ?? '/', 'http://engine')
  const match = /^\/toolbox\/([^/]+)(\/.*)?$/.exec(url.pathname)
  const id = match?.[1] ?? ''
  const path = match?.[2] ?? ''
  const sandbox = options.find(id)
  requireToolboxAccess(request.headers, url.searchParams, options.apiKey, sandbox?.record.authToken ?? null)
  if (path === '' || path === '/') throw new ApiError('NOT_FOUND', 'not found')
  if (!sandbox) throw new ApiError('NOT_FOUND', `there is no sandbox ${id.slice(0, 64)}`)
  // The engine's own conversation with its toolboxes is nobody else's.
  if (/^\/+internal(\/|$)/i.test(decodeLoosely(path))) throw new ApiError('NOT_FOUND', 'not found')
  url.searchParams.delete(previewTokenQuery)
  // Untouched where there was no token: re-encoding could change what the client wrote.
  const query = (request.url ?? '').includes(previewTokenQuery) ? url.search : queryOf(request.url)
  return { sandbox, path, url: path + query }
}

function passOn(
  target: Target,
  connection: { socketPath?: string | null | undefined; agent?: unknown },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const upstream = httpRequest({
      ...(connection as object),
      method: request.method,
      path: target.url,
      headers: forwardedHeaders(request, false).flat(),
      setHost: false,
    })
    upstream.once('response', (answer) => {
      const headers = filterHop(answer.rawHeaders)
      const prefix = `/toolbox/${target.sandbox.record.id}`
      for (const pair of headers) {
        const isRedirect = pair[0].toLowerCase() === 'location' && pair[1].startsWith('/')
        if (isRedirect && !pair[1].startsWith(`${prefix}/`)) pair[1] = prefix + pair[1]
      }
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers.flat())
      // Long answers begin before their first byte is there: the client should know that it was heard.
      if (answer.headers['content-length'] === undefined) response.flushHeaders()
      pipeline(answer, response, () => resolve())
    })
    upstream.once('error', (error) => {
      if (response.headersSent) {
        response.destroy()
        resolve()
      } else if (response.destroyed) {
        resolve()
      } else {
        console.error(`sandbox ${target.sandbox.record.id} could not be asked:`, error)
        reject(unreachable(target.sandbox))
      }
    })
    // A client that goes away frees the connection; what runs in the sandbox goes on.
    response.once('close', () => {
      if (!response.writableFinished) upstream.destroy()
    })
    request.pipe(upstream)
  })
}

function unreachable(sandbox: Sandbox): ApiError {
  return new ApiError(
    'BAD_GATEWAY',
    `the sandbox ${sandbox.record.name} did not answer; it is being started again, try once more`,
  )
}

/** Headers for the toolbox: without credentials, and without those of this hop. */
function forwardedHeaders(request: IncomingMessage, upgrade: boolean): Array<[string, string]> {
  const dropped = new Set(['authorization', previewTokenHeader, 'cookie', 'host', ...(upgrade ? [] : hopHeaders)])
  const headers = pairs(request.rawHeaders).filter(([name]) => !dropped.has(name.toLowerCase()))
  headers.push(['Host', 'toolbox'])
  // A body of unknown length has no header of its own left.
  if (!upgrade && request.headers['transfer-encoding'] !== undefined) headers.push(['Transfer-Encoding', 'chunked'])
  return headers
}

function filterHop(rawHeaders: string[]): Array<[string, string]> {
  return pairs(rawHeaders).filter(([name]) => !hopHeaders.includes(name.toLowerCase()))
}

function pairs(rawHeaders: string[]): Array<[string, string]> {
  const found: Array<[string, string]> = []
  for (let i = 0; i < rawHeaders.length; i += 2) found.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? ''])
  return found
}

function trackActivity(sandbox: Sandbox, request: IncomingMessage): () => void {
  if (request.headers[skipActivity] === 'true') return () => {}
  sandbox.noteActivity()
  const timer = setInterval(() => sandbox.noteActivity(), activityMs)
  timer.unref()
  return () => clearInterval(timer)
}

function pathOf(url: string | undefined): string {
  return (url ?? '/').split('?')[0] ?? '/'
}

function queryOf(url: string | undefined): string {
  const mark = (url ?? '').indexOf('?')
  return mark < 0 ? '' : (url ?? '').slice(mark)
}

function decodeLoosely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
