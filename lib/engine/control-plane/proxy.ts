/** The proxy in front of the toolboxes: it checks, then passes on, as bytes and in both directions. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { sendError } from '../toolbox/http/reply'
import { passRequest } from './proxy-request'
import { openTarget, type ProxiedSandbox, type ProxyOptions, type ProxyTarget } from './proxy-target'
import { passUpgrade } from './proxy-upgrade'
import { writeUpgradeError } from './upgrade-error'

const skipActivity = 'x-daytona-skip-last-activity-update'
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
    const target = openTarget(options, request)
    if (await target.sandbox.answerFromDisk(request, response, target.url)) return
    response.once('close', trackActivity(target.sandbox, request))
    await passRequest(target, request, response)
  } catch (error) {
    request.resume()
    sendError(response, error, { method: request.method ?? 'GET', path }, 'DAYTONA_PROXY')
  }
}

/** Answer one upgrade below `/toolbox/`; never rejects. */
export async function proxyUpgrade(
  options: ProxyOptions,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  socket.on('error', () => socket.destroy())
  let target: ProxyTarget
  try {
    target = openTarget(options, request)
    if (target.sandbox.upgradeFromDisk(request, socket, head, target.url)) return
    const release = trackActivity(target.sandbox, request)
    socket.once('close', release)
    await passUpgrade(target, request, socket, head)
  } catch (error) {
    writeUpgradeError(socket, request, error, 'DAYTONA_PROXY')
  }
}

function trackActivity(sandbox: ProxiedSandbox, request: IncomingMessage): () => void {
  if (request.headers[skipActivity] === 'true') return () => {}
  sandbox.noteActivity()
  const timer = setInterval(() => sandbox.noteActivity(), activityMs)
  timer.unref()
  return () => {
    clearInterval(timer)
    sandbox.noteActivity()
  }
}
