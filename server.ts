/** The console's process: Next for pages, one WebSocket endpoint for live data, and the middleware in front of both. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import next from 'next'
import { AuditLog } from '@/lib/audit/audit-log'
import { auditFiles } from '@/lib/audit/checkpoints'
import { guarded, recordCall } from '@/lib/audit/guarded'
import { shareAudit } from '@/lib/audit/shared'
import { authenticator } from '@/lib/auth/authenticator'
import { callerOf } from '@/lib/auth/caller'
import { RequestGuard } from '@/lib/auth/guard'
import { handleRequest, type MiddlewareOptions, refuseUpgrade } from '@/lib/auth/middleware'
import { consoleOrigins, linkOrigins } from '@/lib/auth/origin-policy'
import { people } from '@/lib/auth/people'
import { SignInLink } from '@/lib/auth/sign-in-link'
import { limitIdleConnections, maxIdleConnections } from '@/lib/edge/idle-connections'
import { ignoreUpgrade, offersUpgradeTo } from '@/lib/edge/ignored-upgrade'
import { PrecompressedFiles } from '@/lib/edge/precompressed-files'
import { normalisedPath } from '@/lib/edge/request-target'
import { HistoryService } from '@/lib/history/history-service'
import { shareHistory } from '@/lib/history/shared'
import { LiveAdmission } from '@/lib/live/hub/live-admission'
import { LiveHub } from '@/lib/live/hub/live-hub'
import { LostUpgrades } from '@/lib/live/hub/lost-upgrades'
import { log } from '@/lib/log/log'
import { ApiError } from '@/lib/process-api/errors'
import { serveHtmlFrame } from '@/lib/reads/html-frame'
import { matchDownload, serveDownload } from '@/lib/reads/journal-download'
import { matchExport, serveExport } from '@/lib/reads/replay-export'
import { readConsoleSettings, shareConsoleSettings } from '@/lib/settings/console-settings'
import { PlainCells } from '@/lib/targets/plain-cells/plain-cells'
import { sharePlainCells } from '@/lib/targets/plain-cells/shared'
import { PlainRuns } from '@/lib/targets/plain-runs/plain-runs'
import { RunFiles } from '@/lib/targets/plain-runs/run-files'
import { sharePlainRuns } from '@/lib/targets/plain-runs/shared'
import { targets } from '@/lib/targets/registry'
import { serveFile } from '@/lib/transfers/file-download'
import { matchFileRequest } from '@/lib/transfers/file-requests'
import { serveUpload } from '@/lib/transfers/file-upload'
import { serveArchive } from '@/lib/transfers/folder-archive'
import { handlePipelined } from './lib/edge/pending-responses'

/** Maximum time from the stop signal to the exit. */
const shutdownTimeoutMs = 4_000
/** Time for pending requests to finish after the stop signal. */
const drainTimeoutMs = 1_500

/** EX_CONFIG of sysexits(3): the launcher does not start the console again. */
const refusedExitCode = 78

/** Maximum time for receiving one request: an upload of 100 GB at 10 MB/s takes less than three hours. */
const requestTimeoutMs = 6 * 60 * 60_000

/** A database of this many executions has about 1 GB. */
const maxHistoryEntries = 500_000
const serve = { download: serveFile, archive: serveArchive, upload: serveUpload }

const folder = path.dirname(fileURLToPath(import.meta.url))
const root = path.basename(folder) === 'dist' ? path.dirname(folder) : folder

async function main(): Promise<void> {
  const settings = readConsoleSettings()
  const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: requestTimeoutMs })
  limitIdleConnections(server, maxIdleConnections())
  const port = await listen(server, settings.host, settings.port)
  shareConsoleSettings({ ...settings, port })

  const auth = authenticator()
  const link = new SignInLink(settings.dataDir, auth)
  const guard = new RequestGuard({ port, dev: settings.dev }, consoleOrigins({ ...settings, port }), auth)
  const build = settings.dev ? 'development' : readFileSync(path.join(root, '.next', 'BUILD_ID'), 'utf8').trim()
  const hub = new LiveHub(targets(), build)
  const runs = new PlainRuns(new RunFiles(path.join(settings.dataDir, 'plain-runs')), (name) => targets().client(name))
  const history = new HistoryService(
    {
      file: path.join(settings.dataDir, 'console.db'),
      migrations: path.join(root, 'lib', 'store', 'migrations'),
      days: settings.historyDays,
      maxEntries: maxHistoryEntries,
    },
    targets(),
  )
  shareHistory(history)
  const audit = new AuditLog(auditFiles(settings.dataDir), path.join(root, 'lib', 'store', 'migrations', 'audit'), {
    code: settings.auditCode,
  })
  shareAudit(audit)
  await audit.open()
  people().onChange = (personId, change) => hub.closePerson(personId, change)
  hub.onCall = (caller, call, result) => void recordCall(caller, call, result, 0)
  hub.onEvent = (target, event) => history.record(target, event)
  runs.onEvent = (target, event) => {
    hub.publish(target, event)
    history.record(target, event)
  }
  sharePlainRuns(runs)
  sharePlainCells(new PlainCells())
  const files = new PrecompressedFiles(settings.dev ? '' : path.join(root, '.next', 'static'))
  const live = new LiveAdmission(hub, settings.liveSockets)
  const lostUpgrades = new LostUpgrades()

  // Next adds its own upgrade listener to the server it gets, and ends sockets whose path matches a page.
  const nextServer = createServer()
  const app = next({ dev: settings.dev, dir: root, hostname: '127.0.0.1', port, httpServer: nextServer })
  const ready = app.prepare().then(() => app.getRequestHandler())
  let isReady = false

  const middleware: MiddlewareOptions = {
    guard: guard,
    proxies: settings.proxies,
    dev: settings.dev,
    async next(request, response) {
      if (await files.respond(request, response)) return
      await (await ready)(request, response)
    },
    async beforeNext(request, response, url, caller) {
      if (lostUpgrades.respond(request, response, url.pathname, caller.session.id)) return true
      const transfer = matchFileRequest(request.method ?? 'GET', url)
      if (transfer !== null) {
        const { kind, target, sandboxId, path: file } = transfer
        const operation = kind === 'upload' ? 'file.upload' : 'file.download'
        await guarded(caller, { operation, target, sandboxId, input: { kind, path: file } }, () =>
          serve[kind](targets().client(target), transfer, request, response),
        )
        return true
      }
      if (request.method !== 'GET' && request.method !== 'HEAD') return false
      if (serveHtmlFrame(request, response, url)) return true
      const replay = matchExport(url)
      if (replay !== null) {
        const { target, sandboxId, ref } = replay
        await guarded(caller, { operation: 'replay.read', target, sandboxId, input: ref }, () =>
          serveExport(targets().client(target), replay, request, response, root),
        )
        return true
      }
      const download = matchDownload(url)
      if (download === null) return false
      const { kind, target, ref } = download
      const operation = kind === 'matches' ? 'log.read' : 'log.download'
      await guarded(caller, { operation, target, sandboxId: ref.sandboxId, input: ref }, () =>
        serveDownload(targets().client(target), download, request, response),
      )
      return true
    },
    health: (signedIn) => ({
      status: isReady ? 200 : 503,
      body: {
        status: isReady ? 'ok' : 'starting',
        build,
        ...(signedIn
          ? { uptimeSeconds: Math.round(process.uptime()), rssBytes: process.memoryUsage.rss(), live: hub.stats() }
          : {}),
      },
    }),
    onLinkRedeemed: () => link.renew(),
    onSignIn: (caller) => void recordCall(caller, { operation: 'console.signIn' }, 'ok', 0),
    onSignOut(caller) {
      hub.closeSession(caller.session.id)
      void recordCall(caller, { operation: 'console.signOut' }, 'ok', 0)
    },
  }

  handlePipelined(server, (request, response) => void handleRequest(middleware, request, response))
  server.on('upgrade', (request, socket, head) => {
    if (!offersUpgradeTo(request, 'websocket')) {
      ignoreUpgrade(server, request, socket, head)
      return
    }
    // Handles errors until the socket has an owner.
    socket.on('error', () => socket.destroy())
    const address = settings.proxies.apply(request)
    const url = normalisedPath(request.url)
    if (url === null) {
      refuseUpgrade(socket, new ApiError('BAD_REQUEST', 'This address is not valid.'))
    } else if (url.split('?')[0] === '/live') {
      const admission = guard.admitUpgrade({ method: request.method ?? 'GET', url, headers: request.headers })
      if ('error' in admission) refuseUpgrade(socket, admission.error)
      else live.open({ request, socket, head, caller: callerOf(admission.session, address) })
    } else if (settings.dev && guard.refuseForeign({ method: 'GET', headers: request.headers }) === null) {
      request.url = url
      nextServer.emit('upgrade', request, socket, head)
    } else {
      socket.destroy()
    }
  })

  let stopping = false
  async function stop(): Promise<void> {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(0), shutdownTimeoutMs).unref()
    link.withdraw()
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeIdleConnections()
    setTimeout(() => server.closeAllConnections(), drainTimeoutMs).unref()
    await Promise.all([hub.close(), closed, history.close()])
    await audit.close()
    await app.close()
    process.exit(0)
  }
  process.on('SIGTERM', () => void stop())
  process.on('SIGINT', () => void stop())
  // The channel to the launcher closes when the launcher ends, however it ends.
  process.on('disconnect', () => void stop())

  await ready
  isReady = true
  history.start()
  const consoleUrl = `http://${reachableHost(settings.host)}:${port}`
  const origins = linkOrigins({ ...settings, port })
  const signInUrl = link.publish(consoleUrl, origins)
  log.info(`Console ready at ${consoleUrl}`)
  const [publicUrl = consoleUrl, ...otherUrls] = origins
  process.send?.({
    type: 'ready',
    consoleUrl,
    publicUrl,
    otherUrls,
    signInUrl: signInUrl.replace(consoleUrl, publicUrl),
  })
}

/** The host for a browser on this machine: the wildcard addresses cannot be opened. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

/** Starts listening and returns the actual port, because a setting of 0 selects any free port. */
function listen(server: ReturnType<typeof createServer>, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

/** One sentence for errors that the user can fix; null for all others, which are printed with their stack. */
function explain(error: unknown): string | null {
  if (error instanceof RangeError) return error.message
  if (!(error instanceof Error && 'code' in error)) return null
  const { HOST = '127.0.0.1', PORT = '3000', SANDGLASS_DATA_DIR = 'the home folder' } = process.env
  switch (error.code) {
    case 'EADDRINUSE':
      return `Port ${PORT} on ${HOST} is used by another program. Stop that program, or choose another port with PORT.`
    case 'EADDRNOTAVAIL':
      return `${HOST} is not an address of this machine. Set HOST to one that is, such as 127.0.0.1.`
    case 'EROFS':
    case 'ENOSPC':
      return `The data directory ${SANDGLASS_DATA_DIR} cannot be written (${error.code}). Free disk space, or choose another directory with SANDGLASS_DATA_DIR.`
    case 'EACCES':
      return error.message.includes('listen')
        ? `This user may not use port ${PORT}. Choose a port above 1023 with PORT.`
        : `The data directory cannot be used: ${error.message}.`
    default:
      return null
  }
}

main().catch((error: unknown) => {
  const sentence = explain(error)
  if (sentence === null) log.fatal({ err: error }, 'the console could not start')
  else process.stderr.write(`${sentence}\n`)
  process.exit(sentence === null ? 1 : refusedExitCode)
})
