/** What a stopped sandbox can still tell: its runs, sessions and journals, read from its files by the toolbox's own code. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import type { Duplex } from 'node:stream'
import type { IsolationReport } from '@/lib/process-api/sandbox'
import type { SandboxFolder } from '../isolation/isolation'
import { toolboxConfig } from '../toolbox/config'
import { Router } from '../toolbox/http/router'
import { registerStoppedRuns } from '../toolbox/run/register'
import { createReadServices } from '../toolbox/services'
import { registerStoppedSessions } from '../toolbox/session/routes'
import type { SandboxRecord } from './sandbox-record'

/** Paths that the files can answer; everything else needs the sandbox to run. */
const readable = /^\/process\/(run|session)(\/|\?|$)/

export interface DiskReader {
  answer(request: IncomingMessage, response: ServerResponse, url: string): Promise<boolean>
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: string): boolean
}

/** Load the state of a stopped sandbox. Nothing is written, and nothing of it runs. */
export function readFromDisk(
  record: SandboxRecord,
  folder: SandboxFolder,
  isolation: IsolationReport,
  stateKey: string | null,
): DiskReader {
  const config = toolboxConfig.parse({
    sandboxId: record.id,
    stateDir: folder.state,
    stateKey,
    socketPath: '',
    scratchDir: tmpdir(),
    homeDir: '/home/daytona',
    workDir: '/home/daytona',
    user: 'daytona',
    isolation,
    assetsDir: '',
  })
  const router = new Router(config.limits.bodyBytes)
  const services = createReadServices(config, true)
  registerStoppedRuns(router, services)
  registerStoppedSessions(router, services)
  return {
    async answer(request, response, url) {
      if (!readable.test(url)) return false
      await router.handle(request, response, url)
      return true
    },
    upgrade(request, socket, head, url) {
      if (!readable.test(url)) return false
      request.url = url
      void router.upgrade(request, socket, head)
      return true
    },
  }
}
