/** The proxy in front of the toolboxes: authorises requests, then forwards bytes in both directions. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { sendErrorPage } from '../../http/error-page'
import { sendError } from '../../http/reply'
import { writeUpgradeError } from '../../http/upgrade-error'
import type { PreviewHost } from '../access/host-check'
import { skipActivityHeader } from '../access/proxy-headers'
import { handleEnvironmentChange } from '../sandbox/sandbox-environment'
import { resolvePreview } from './preview-target'
import { forwardRequest } from './proxy-request'
import { type ProxiedSandbox, type ProxyOptions, type ProxyTarget, resolveTarget } from './proxy-target'
import { forwardUpgrade } from './proxy-upgrade'

/** How often an open request or socket counts as activity, as in the reference. */
const activityIntervalMs = 50_000

/** Handle one HTTP request below `/toolbox/`; never rejects. */
export async function proxyRequest(
  options: ProxyOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = '/'] = (request.url ?? '/').split('?')
  try {
    await serve(resolveTarget(options, request), request, response)
  } catch (error) {
    request.resume()
    sendError(response, error, { method: request.method ?? 'GET', path }, 'DAYTONA_PROXY')
  }
}

/** Handle one HTTP request on the host name of a preview; never rejects. */
export async function previewRequest(
  options: ProxyOptions,
  preview: PreviewHost,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const target = resolvePreview(options, preview, request)
    if (target.isVisitor) options.visitors.enter(target.sandbox.record.id, response)
    if (target.cleanAddress === null) await serve(target, request, response)
    else redirectTo(target.cleanAddress, target.cookie, response)
  } catch (error) {
    request.resume()
    sendErrorPage(response, error, request, 'DAYTONA_PROXY')
  }
}

export interface ProxiedUpgrade {
  /** Null below `/toolbox/`. */
  readonly preview: PreviewHost | null
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  /** Called once the credentials are validated; throws when the socket limit is reached. */
  enter(): void
}

/** Handle one upgrade below `/toolbox/` or on the host name of a preview; never rejects. */
export async function proxyUpgrade(
  options: ProxyOptions,
  { preview, request, socket, head, enter }: ProxiedUpgrade,
): Promise<void> {
  socket.on('error', () => socket.destroy())
  let target: ProxyTarget
  try {
    target = resolveUpgrade(options, preview, request, socket)
    enter()
    if (target.sandbox.upgradeFromDisk(request, socket, head, target.url)) return
    const release = trackActivity(target.sandbox, request)
    socket.once('close', release)
    await forwardUpgrade(target, request, socket, head)
  } catch (error) {
    writeUpgradeError(socket, request, error, 'DAYTONA_PROXY')
  }
}

function resolveUpgrade(
  options: ProxyOptions,
  preview: PreviewHost | null,
  request: IncomingMessage,
  socket: Duplex,
): ProxyTarget {
  if (preview === null) return resolveTarget(options, request)
  const target = resolvePreview(options, preview, request)
  if (target.isVisitor) options.visitors.enter(target.sandbox.record.id, socket)
  return target
}

async function serve(target: ProxyTarget, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { sandbox, url } = target
  if (await sandbox.serveFromDisk(request, response, url)) return
  if (isUpload(request, url)) sandbox.requireDiskRoom(Number(request.headers['content-length'] ?? 0))
  response.once('close', trackActivity(sandbox, request))
  // The environment is stored by the engine, because it outlives the toolbox.
  const isEnvironment = request.method === 'POST' && /^\/env\/?(\?|$)/.test(url)
  if (isEnvironment) await handleEnvironmentChange(sandbox, request, response)
  else await forwardRequest(target, request, response)
}

/** Whether the request uploads files. Writes of programs cannot be checked in advance; the disk watch handles those. */
function isUpload({ method }: IncomingMessage, url: string): boolean {
  return method === 'POST' && /^\/files\/(upload|upload-v2|bulk-upload|replace)\/?(\?|$)/.test(url)
}

/** Redirect to the URL without the token, which pages could read. */
function redirectTo(address: string, cookie: string | null, response: ServerResponse): void {
  response.writeHead(303, {
    location: address,
    ...(cookie === null ? {} : { 'set-cookie': cookie }),
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-length': 0,
  })
  response.end()
}

function trackActivity(sandbox: ProxiedSandbox, request: IncomingMessage): () => void {
  if (request.headers[skipActivityHeader] === 'true') return () => {}
  sandbox.noteActivity()
  const timer = setInterval(() => sandbox.noteActivity(), activityIntervalMs)
  timer.unref()
  return () => {
    clearInterval(timer)
    sandbox.noteActivity()
  }
}
