/** The proxy in front of the toolboxes: it checks, then passes on, as bytes and in both directions. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { sendErrorPage } from '../../http/error-page'
import { sendError } from '../../http/reply'
import { writeUpgradeError } from '../../http/upgrade-error'
import type { PreviewHost } from '../access/host-check'
import { skipActivityHeader } from '../access/proxy-headers'
import { answerEnvironmentChange } from '../sandbox/sandbox-environment'
import { openPreview } from './preview-target'
import { passRequest } from './proxy-request'
import { openTarget, type ProxiedSandbox, type ProxyOptions, type ProxyTarget } from './proxy-target'
import { passUpgrade } from './proxy-upgrade'

/** While something is open the sandbox counts as active; the reference reports so often. */
const activityMs = 50_000

/** Answer one HTTP request below `/toolbox/`; never rejects. */
export async function proxyRequest(
  options: ProxyOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = '/'] = (request.url ?? '/').split('?')
  try {
    await answer(openTarget(options, request), request, response)
  } catch (error) {
    request.resume()
    sendError(response, error, { method: request.method ?? 'GET', path }, 'DAYTONA_PROXY')
  }
}

/** Answer one HTTP request on the host name of a preview; never rejects. */
export async function previewRequest(
  options: ProxyOptions,
  preview: PreviewHost,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const target = openPreview(options, preview, request)
    if (target.cleanAddress === null) await answer(target, request, response)
    else leadTo(target.cleanAddress, target.cookie, response)
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
  /** Called once the credentials were found right; throws where there is no place for another socket. */
  enter(): void
}

/** Answer one upgrade below `/toolbox/`, or on the host name of a preview; never rejects. */
export async function proxyUpgrade(
  options: ProxyOptions,
  { preview, request, socket, head, enter }: ProxiedUpgrade,
): Promise<void> {
  socket.on('error', () => socket.destroy())
  let target: ProxyTarget
  try {
    target = preview ? openPreview(options, preview, request) : openTarget(options, request)
    enter()
    if (target.sandbox.upgradeFromDisk(request, socket, head, target.url)) return
    const release = trackActivity(target.sandbox, request)
    socket.once('close', release)
    await passUpgrade(target, request, socket, head)
  } catch (error) {
    writeUpgradeError(socket, request, error, 'DAYTONA_PROXY')
  }
}

async function answer(target: ProxyTarget, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { sandbox, url } = target
  if (await sandbox.answerFromDisk(request, response, url)) return
  if (isUpload(request, url)) sandbox.requireDiskRoom(Number(request.headers['content-length'] ?? 0))
  response.once('close', trackActivity(sandbox, request))
  // The environment outlives the toolbox, so that it is kept here and not there.
  const isEnvironment = request.method === 'POST' && /^\/env\/?(\?|$)/.test(url)
  if (isEnvironment) await answerEnvironmentChange(sandbox, request, response)
  else await passRequest(target, request, response)
}

/** Adds files to a home. What programs write is not asked for first: that is watched. */
function isUpload({ method }: IncomingMessage, url: string): boolean {
  return method === 'POST' && /^\/files\/(upload|upload-v2|bulk-upload|replace)\/?(\?|$)/.test(url)
}

/** The address without the token is the one that stays in the browser, where the page can read it. */
function leadTo(address: string, cookie: string | null, response: ServerResponse): void {
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
  const timer = setInterval(() => sandbox.noteActivity(), activityMs)
  timer.unref()
  return () => {
    clearInterval(timer)
    sandbox.noteActivity()
  }
}
