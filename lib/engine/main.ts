/** Entry point of the engine's control plane: one process, loopback only, usable without the console. */
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { log } from '@/lib/log/log'
import { type Connection, ConnectionFile } from '@/lib/settings/connection-file'
import { apiKeyCreatedAt, readApiKey } from './control-plane/access/api-key'
import { EngineHosts } from './control-plane/access/host-check'
import { DiskReserve } from './control-plane/disk/reserve'
import { takeEngineLock } from './control-plane/engine-lock'
import { PreviewAddresses } from './control-plane/previews/preview-addresses'
import { withPreviewNotices } from './control-plane/sandbox/preview-notices'
import { SandboxStore } from './control-plane/sandbox/sandbox-store'
import { watchDisk } from './control-plane/sandboxes/disk-watch'
import { watchIdle } from './control-plane/sandboxes/idle-watch'
import { Sandboxes } from './control-plane/sandboxes/sandboxes'
import { createEngineServer } from './control-plane/server'
import { readEngineSettings } from './control-plane/settings'
import { Snapshots } from './control-plane/snapshots/snapshots'
import { chooseIsolation, IsolationUnavailable } from './isolation/choose'
import { ensureCodeCache } from './isolation/code-cache'
import { setToolboxLimits } from './isolation/toolbox-environment'
import { freeBuffersImmediately } from './linux/free-buffers'
import { closeInheritedDescriptors } from './linux/inherited-descriptors'
import { openReserve } from './state/reserve-file'

const host = '127.0.0.1'
/** Maximum time for a shutdown; the launcher allows 5 s. */
const shutdownTimeoutMs = 4_500
const healthTimeoutMs = 5_000
/** EX_CONFIG of sysexits(3): the launcher does not start the engine again. */
const refusedExitCode = 78

freeBuffersImmediately()

// An error in one sandbox must not end the others.
process.on('uncaughtException', (error) => {
  if (!ready) fail(error)
  log.error({ err: error }, 'uncaught exception')
})
process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'))

let ready = false

async function main(): Promise<void> {
  // Sandboxes inherit it; the data directory and the files with keys have modes of their own.
  process.umask(0o022)
  // Sandboxes outlive the engine and would keep descriptors inherited from a shell open.
  closeInheritedDescriptors()
  const settings = readEngineSettings(process.env)
  const { dataDir, assetsDir, limits } = settings
  setToolboxLimits(settings.sandboxLimits)
  const apiKey = readApiKey(dataDir)
  const lockResult = takeEngineLock(dataDir)
  if (lockResult.taken) return await deferTo(lockResult)
  const { lock } = lockResult
  // The launcher may end the sandboxes of this folder from now on.
  process.send?.({ type: 'locked' })

  openReserve(path.join(dataDir, 'spare'), 4 * 1024 ** 2)
  let authority = `${host}:${settings.port}`
  await ensureCodeCache(assetsDir)
  const isolation = await chooseIsolation({ setting: settings.isolation, dataDir, assetsDir, limits })
  const reserve = new DiskReserve(dataDir, settings.reserve)
  const { quotas } = settings
  const snapshots = new Snapshots(dataDir, quotas)
  const sandboxes = new Sandboxes({
    isolation,
    store: new SandboxStore(dataDir),
    snapshots,
    reserve,
    assetsDir,
    quotas,
    warm: settings.warm,
    notices: settings.notices,
    toolboxProxyUrl: () => `http://${authority}/toolbox`,
  })
  const addresses = new PreviewAddresses(sandboxes, settings.previewAddresses)
  const findAddress = (name: string) => addresses.find(name)
  let hosts = new EngineHosts({ ...settings.hosts, port: settings.port, findAddress })
  const server = createEngineServer({
    ...settings,
    apiKey,
    keyCreatedAt: apiKeyCreatedAt(dataDir),
    sandboxes,
    snapshots,
    addresses,
    get hosts() {
      return hosts
    },
    get authority() {
      return authority
    },
  })
  await new Promise<void>((resolve, reject) => {
    server.http.once('error', reject)
    server.http.listen({ host, port: settings.port }, resolve)
  })
  const { port } = server.http.address() as AddressInfo
  authority = `${host}:${port}`
  hosts = new EngineHosts({ ...settings.hosts, port, findAddress })
  lock.announce(`http://${authority}/api`)

  const stopWatching = [watchIdle(sandboxes), watchDisk(sandboxes, reserve)]
  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    // The timer also keeps the process alive during the shutdown.
    setTimeout(() => {
      log.error('The shutdown timed out; remaining processes are killed.')
      sandboxes.killNow()
      process.exit(1)
    }, shutdownTimeoutMs)
    for (const stop of stopWatching) stop()
    server.close()
    await sandboxes.close()
    isolation.release()
    lock.release()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stop())
  // The channel to the parent process closes whenever the parent exits.
  process.on('disconnect', () => void stop())

  await sandboxes.open()
  await addresses.open(server.http, port)
  publish(dataDir, { apiUrl: `http://${authority}/api`, apiKey, toolboxUrl: `http://${authority}/toolbox` })
  ready = true
  const { warnings } = withPreviewNotices(isolation.report, settings.notices)
  for (const warning of warnings) log.warn(warning)
  log.info(
    `Engine ready at http://${authority}/api (isolation: ${isolation.kind}, network: ${isolation.report.network}, limits: ${isolation.report.limits?.by})`,
  )
  process.send?.({ type: 'ready', apiUrl: `http://${authority}/api` })
}

/** A console that follows completes `connection.json`; see `connection-file.ts`. */
function publish(dataDir: string, connection: Connection): void {
  new ConnectionFile(dataDir, 'engine.json').merge(connection)
  const complete = new ConnectionFile(dataDir)
  const isAwaited = process.env.SANDGLASS_CONSOLE_FOLLOWS === '1' && complete.read().consoleUrl === undefined
  if (!isAwaited) complete.merge(connection)
}

/** Another engine holds the data directory: exit successfully if it is healthy, else ask the user to end it. */
async function deferTo({ apiUrl, pid }: { apiUrl: string; pid: number }): Promise<void> {
  if (await isHealthy(apiUrl)) {
    log.info(`An engine with this data directory is already running at ${apiUrl} (process ${pid}).`)
    process.exit(process.send === undefined ? 0 : refusedExitCode)
  }
  log.error(`Process ${pid} holds this data directory but does not respond; end it, then start again.`)
  process.exit(refusedExitCode)
}

/** An engine that has just started counts as healthy until it publishes its address. */
async function isHealthy(apiUrl: string): Promise<boolean> {
  if (apiUrl === '') return true
  try {
    return (await fetch(`${apiUrl}/health`, { signal: AbortSignal.timeout(healthTimeoutMs) })).ok
  } catch {
    // The engine does not listen, or hangs.
    return false
  }
}

/** Print one plain sentence for a problem that the user can fix; other errors keep their stack. */
function fail(error: unknown): never {
  const sentence = explain(error)
  if (sentence === null) log.fatal({ err: error }, 'the engine could not start')
  else process.stderr.write(`${sentence}\n`)
  process.exit(sentence === null ? 1 : refusedExitCode)
}

function explain(error: unknown): string | null {
  if (error instanceof RangeError || error instanceof IsolationUnavailable) return error.message
  if (!(error instanceof Error && 'code' in error)) return null
  const { ENGINE_PORT = '3986', SANDGLASS_DATA_DIR = '~/.sandglass' } = process.env
  switch (error.code) {
    case 'EADDRINUSE':
      return `Port ${ENGINE_PORT} is used by another program; stop that program, or choose another port with ENGINE_PORT.`
    case 'EROFS':
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EACCES':
    case 'EPERM':
    case 'ENOTDIR':
    case 'EEXIST':
      return `The data directory ${SANDGLASS_DATA_DIR} is not writable (${error.code}); free some space, or choose another directory with SANDGLASS_DATA_DIR.`
    default:
      return null
  }
}

main().catch(fail)
