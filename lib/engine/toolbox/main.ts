/** The toolbox process: one per sandbox, in its namespaces except the PID namespace, with HTTP over a Unix socket. */
import { createServer } from 'node:http'
import path from 'node:path'
import { handlePipelined } from '@/lib/edge/pending-responses'
import { log } from '@/lib/log/log'
import { poolFolders, type ToolboxConfig, takeConfig } from '../config/toolbox-config'
import { handleInvalidRequests } from '../http/invalid-requests'
import { Router } from '../http/router'
import { freeBuffersImmediately } from '../linux/free-buffers'
import { closeInheritedDescriptors } from '../linux/inherited-descriptors'
import { killMembers } from '../linux/kill-tree'
import { openOomScore } from '../linux/oom-score'
import { isProtectedProcess } from '../linux/signals'
import { startThreadPool } from '../linux/thread-pool'
import { openReserve } from '../state/reserve-file'
import { connectHand } from './hand/connect-hand'
import { acceptHeartbeat } from './internal/heartbeat'
import { listenOn } from './listen'
import { LocalStarter } from './process/local-starter'
import { sandboxProcesses } from './process/sandbox-processes'
import type { Starter } from './process/starter'
import { registerToolbox } from './routes/all-routes'
import { createServices } from './services/services'

/** Called by `load.ts` when all modules are loaded. */
export async function start(): Promise<void> {
  freeBuffersImmediately()
  await startThreadPool()
  const config = takeConfig(process.env)
  const starter = config.hand ? await connectHand(poolFolders(config), config.hand) : localStarter(config)
  openReserve(path.join(config.stateDir, 'spare'), 512 * 1024)
  const services = createServices(config, starter)
  const router = new Router(config.limits.bodyBytes)
  /** Kill all processes of the sandbox, whoever started them. */
  const killAll = () =>
    killMembers((snapshot) => sandboxProcesses(config, snapshot).filter(({ pid }) => !isProtectedProcess(pid)), 0)
  const endAll = async () => {
    await services.shutdown.run('sandbox-stopped')
    await killAll()
  }

  // Processes left by a crashed toolbox have no pipes or record any more.
  await killAll()

  registerToolbox(router, services, endAll)

  /** A header of up to 64 KiB contains the environment of a new PTY. */
  const maxHeaderSize = 96 * 1024
  const server = createServer({ maxHeaderSize, requireHostHeader: false })
  handlePipelined(server, (request, response) => void router.handle(request, response))
  handleInvalidRequests(server, 'DAYTONA_DAEMON')
  server.on('upgrade', (request, socket, head) => {
    if (!acceptHeartbeat(request, socket)) void router.upgrade(request, socket, head)
  })
  // The proxy reuses its connections, and the response to a command may take hours.
  server.keepAliveTimeout = 70_000
  server.headersTimeout = 75_000
  server.requestTimeout = 0

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => void endAll().then(() => process.exit(0)))
  }

  services.pipes.prepare().catch((error: unknown) => log.error({ err: error }, 'could not preallocate pipes'))
  await listenOn(server, config.socketPath)

  // From here on, an error in one feature must not kill commands of others.
  process.on('uncaughtException', (error) => log.error({ err: error }, 'uncaught exception'))
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'))
  log.info(`toolbox ${process.pid} of sandbox ${config.sandboxId} listens`)
}

function localStarter(config: ToolboxConfig): Starter {
  openOomScore()
  closeInheritedDescriptors()
  return new LocalStarter(poolFolders(config).pipesDir, config.basePath)
}
